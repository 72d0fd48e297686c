// ParquetWriter, and the files of schema and metadata alone.

#include <arrow/io/file.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_writer.h>
#include <parquet/properties.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/parquet.h"

namespace asterism::io {
namespace {

std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties() {
  return parquet::ArrowWriterProperties::Builder().store_schema()->build();
}

// Every leaf column of the schema as Parquet sees it: its path, and whether it holds floating numbers.
std::shared_ptr<parquet::SchemaDescriptor> leaves_of(const arrow::Schema& schema, const std::string& where) {
  std::shared_ptr<parquet::SchemaDescriptor> leaves;
  const auto plain = parquet::WriterProperties::Builder().build();
  check_arrow(parquet::arrow::ToParquetSchema(&schema, *plain, *arrow_properties(), &leaves), where);
  return leaves;
}

bool is_or_is_in(const std::string& path, const std::string& name) {
  return path == name || (path.size() > name.size() && path.starts_with(name) && path[name.size()] == '.');
}

std::shared_ptr<parquet::WriterProperties> properties_for(const arrow::Schema& schema, const ParquetOptions& options,
                                                          const std::string& where) {
  parquet::WriterProperties::Builder builder;
  builder.created_by("asterism " ASTERISM_VERSION);
  builder.compression(options.zstd_level > 0 ? arrow::Compression::ZSTD : arrow::Compression::UNCOMPRESSED);
  if (options.zstd_level > 0) builder.compression_level(options.zstd_level);
  builder.max_row_group_length(options.rows_per_group);
  builder.enable_page_checksum();
  const auto leaves = leaves_of(schema, where);
  std::vector<parquet::SortingColumn> sorting;
  for (const auto& name : options.sorted_by) {
    const int index = leaves->ColumnIndex(name);
    if (index < 0) base::user_error("{}: no column '{}' to be sorted by", where, name);
    sorting.push_back({index, false, false});
  }
  builder.set_sorting_columns(sorting);
  for (int i = 0; i < leaves->num_columns(); ++i) {
    const auto* leaf = leaves->Column(i);
    const std::string path = leaf->path()->ToDotString();
    bool plain = leaf->physical_type() == parquet::Type::FLOAT || leaf->physical_type() == parquet::Type::DOUBLE;
    for (const auto& name : options.plain) plain = plain || is_or_is_in(path, name);
    if (plain) builder.disable_dictionary(path);
  }
  return builder.build();
}

}  // namespace

struct ParquetWriter::State {
  std::filesystem::path path;
  std::string where;
  std::shared_ptr<arrow::Schema> schema;
  ParquetOptions options;
  base::AtomicFile file;
  std::shared_ptr<arrow::io::FileOutputStream> sink;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  std::vector<std::shared_ptr<arrow::Table>> pending;
  int64_t pending_rows = 0, rows = 0;
  bool closed = false;
  std::shared_ptr<parquet::FileMetaData> footer;

  State(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema, const ParquetOptions& options)
      : path(path), where("'" + path.string() + "'"), schema(schema), options(options), file(path) {}

  // Writes what is pending in whole groups; with `all`, also the rest as a smaller group.
  void write_groups(bool all) {
    const int64_t ready = all ? pending_rows : pending_rows / options.rows_per_group * options.rows_per_group;
    if (ready == 0) return;
    guarded(where, [&] {
      const auto table = need_arrow(arrow::ConcatenateTables(pending), where);
      check_arrow(writer->WriteTable(*table->Slice(0, ready), options.rows_per_group), where);
      pending.clear();
      pending_rows -= ready;
      if (pending_rows > 0) pending.push_back(table->Slice(ready));
    });
  }
};

ParquetWriter::ParquetWriter(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema,
                             const ParquetOptions& options) {
  ASTERISM_CHECK(options.rows_per_group > 0, "{} rows a group", options.rows_per_group);
  state_ = std::make_unique<State>(path, schema, options);
  State& state = *state_;
  guarded(state.where, [&] {
    state.sink = need_arrow(arrow::io::FileOutputStream::Open(state.file.temporary_path().string()), state.where);
    state.writer =
        need_arrow(parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), state.sink,
                                                    properties_for(*schema, options, state.where), arrow_properties()),
                   state.where);
  });
}

ParquetWriter::~ParquetWriter() = default;
ParquetWriter::ParquetWriter(ParquetWriter&&) noexcept = default;

void ParquetWriter::write(const arrow::Table& table) {
  ASTERISM_CHECK(!state_->closed, "{} is closed", state_->where);
  if (!table.schema()->Equals(*state_->schema, false)) {
    base::user_error("{}: the table's columns are not those of the file: {} against {}", state_->where,
                     table.schema()->ToString(), state_->schema->ToString());
  }
  if (table.num_rows() == 0) return;
  auto copy = arrow::Table::Make(state_->schema, table.columns(), table.num_rows());
  state_->pending.push_back(std::move(copy));
  state_->pending_rows += table.num_rows();
  state_->rows += table.num_rows();
  state_->write_groups(false);
}

void ParquetWriter::flush() { state_->write_groups(true); }

void ParquetWriter::close() {
  State& state = *state_;
  ASTERISM_CHECK(!state.closed, "{} is closed", state.where);
  state.write_groups(true);
  guarded(state.where, [&] {
    check_arrow(state.writer->Close(), state.where);
    state.footer = state.writer->metadata();
    check_arrow(state.sink->Close(), state.where);
  });
  state.closed = true;
  state.file.commit();
}

int64_t ParquetWriter::num_rows() const { return state_->rows; }

std::shared_ptr<parquet::FileMetaData> ParquetWriter::metadata() const {
  ASTERISM_CHECK(state_->closed, "{} is not closed yet", state_->where);
  return state_->footer;
}

void write_parquet(const std::filesystem::path& path, const arrow::Table& table, const ParquetOptions& options) {
  ParquetWriter writer(path, table.schema(), options);
  writer.write(table);
  writer.close();
}

void write_parquet_schema(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema) {
  ParquetWriter(path, schema).close();
}

void write_parquet_metadata(const std::filesystem::path& path,
                            const std::vector<std::pair<std::string, std::shared_ptr<parquet::FileMetaData>>>& files) {
  const std::string where = "'" + path.string() + "'";
  if (files.empty()) base::user_error("{}: no files to list", where);
  base::AtomicFile file(path);
  guarded(where, [&] {
    std::shared_ptr<parquet::FileMetaData> all;
    for (const auto& [name, footer] : files) {
      // A copy by way of its bytes: the paths are set in it, and the caller's stays as it is.
      const std::string bytes = footer->SerializeToString();
      std::shared_ptr<parquet::FileMetaData> copy =
          parquet::FileMetaData::Make(bytes.data(), static_cast<int64_t>(bytes.size()));
      copy->set_file_path(name);
      if (all == nullptr) {
        all = copy;
      } else {
        all->AppendRowGroups(*copy);
      }
    }
    auto sink = need_arrow(arrow::io::FileOutputStream::Open(file.temporary_path().string()), where);
    parquet::WriteMetaDataFile(*all, sink.get());
    check_arrow(sink->Close(), where);
  });
  file.commit();
}

}  // namespace asterism::io
