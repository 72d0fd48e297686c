// ParquetFile: reading.

#include <arrow/io/interfaces.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "base/bytes.h"
#include "base/error.h"
#include "io/parquet.h"
#include "io/parquet_lists.h"
#include "io/place.h"

namespace asterism::io {
namespace {

constexpr int64_t kMaxGroupRows = int64_t{1} << 28;
constexpr int64_t kMaxChunkBytes = int64_t{16} << 30;  // of one column in one row group, decompressed
constexpr const char* kArrowSchemaKey = "ARROW:schema";

bool is_or_is_in(const std::string& path, const std::string& name) {
  return path == name || (path.size() > name.size() && path.starts_with(name) && path[name.size()] == '.');
}

std::string group_place(const std::string& where, int group, const std::string& column) {
  return fmt::format("{}, row group {}, column '{}'", where, group, column);
}

// Sizes and places that the footer claims, against the file.
void check_footer(const parquet::FileMetaData& footer, uint64_t file_bytes, const std::string& where) {
  int64_t rows = 0;
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    const auto entry = footer.RowGroup(group);
    if (entry->num_rows() < 0 || entry->num_rows() > kMaxGroupRows) {
      base::data_error("{}, row group {}: {} rows; 0 to {} are accepted", where, group, entry->num_rows(),
                       kMaxGroupRows);
    }
    if (entry->num_columns() != footer.num_columns()) {
      base::data_error("{}, row group {}: {} columns, but the schema has {}", where, group, entry->num_columns(),
                       footer.num_columns());
    }
    rows += entry->num_rows();
    for (int i = 0; i < entry->num_columns(); ++i) {
      const auto chunk = entry->ColumnChunk(i);
      const std::string place = group_place(where, group, footer.schema()->Column(i)->path()->ToDotString());
      const int64_t start = chunk->has_dictionary_page()
                                ? std::min(chunk->dictionary_page_offset(), chunk->data_page_offset())
                                : chunk->data_page_offset();
      int64_t end = 0;
      if (start < 0 || chunk->total_compressed_size() < 0 ||
          !base::checked_add(start, chunk->total_compressed_size(), end) || static_cast<uint64_t>(end) > file_bytes) {
        base::data_error("{}: {} bytes at {} of a file of {}; copy it again", place, chunk->total_compressed_size(),
                         start, file_bytes);
      }
      if (chunk->total_uncompressed_size() < 0 || chunk->total_uncompressed_size() > kMaxChunkBytes ||
          chunk->num_values() < 0) {
        base::data_error("{}: {} values in {} bytes decompressed; at most {} bytes are accepted", place,
                         chunk->num_values(), chunk->total_uncompressed_size(), kMaxChunkBytes);
      }
    }
  }
  if (rows != footer.num_rows())
    base::data_error("{}: the footer counts {} rows, its row groups {}; it is damaged, copy or make it again", where,
                     footer.num_rows(), rows);
}

// From far away, chunks that lie near each other come in one answer, and all that are needed are asked for at once.
std::unique_ptr<parquet::arrow::FileReader> open_reader(const std::shared_ptr<arrow::io::RandomAccessFile>& source,
                                                        bool far, const std::string& where) {
  parquet::ArrowReaderProperties properties(true);  // columns side by side
  if (far) properties.set_cache_options({.hole_size_limit = 128 << 10, .range_size_limit = 16 << 20, .lazy = false});
  auto checked = parquet::default_reader_properties();
  checked.set_page_checksum_verification(true);  // of pages that have one: ours have
  parquet::arrow::FileReaderBuilder builder;
  check_arrow(builder.Open(source, checked), where);
  builder.properties(properties);
  return need_arrow(builder.Build(), where);
}

}  // namespace

std::vector<std::string> files_in_parquet_metadata(const std::filesystem::path& path) {
  const std::string where = "'" + path.string() + "'";
  const auto source = open_for_reading(path);
  return guarded(where, [&] {
    const auto footer = parquet::ReadMetaData(source);
    std::vector<std::string> files;
    for (int group = 0; group < footer->num_row_groups() && footer->num_columns() > 0; ++group) {
      const std::string file = footer->RowGroup(group)->ColumnChunk(0)->file_path();
      const std::filesystem::path relative(file);
      if (file.empty() || relative.is_absolute() || std::find(relative.begin(), relative.end(), "..") != relative.end())
        base::data_error("{}, row group {}: the file is '{}', which lies in no folder beside it", where, group, file);
      if (files.empty() || files.back() != file) files.push_back(file);
    }
    return files;
  });
}

struct ParquetFile::State {
  std::filesystem::path path;
  std::string where;
  std::unique_ptr<parquet::arrow::FileReader> reader;
  std::shared_ptr<parquet::FileMetaData> footer;
  std::shared_ptr<arrow::Schema> schema;
  bool far = false;  // not on this machine

  std::string leaf(int index) const { return footer->schema()->Column(index)->path()->ToDotString(); }

  std::vector<std::string> column_names() const {
    std::set<std::string> names;
    for (const auto& field : schema->fields()) {
      names.insert(field->name());
      if (field->type()->id() != arrow::Type::STRUCT) continue;
      for (const auto& child : field->type()->fields()) names.insert(field->name() + "." + child->name());
    }
    return {names.begin(), names.end()};
  }

  // Indices of the leaf columns under each name.
  std::vector<int> leaves_of(const std::vector<std::string>& columns) const {
    std::vector<int> indices;
    if (columns.empty()) {
      indices.resize(static_cast<size_t>(footer->num_columns()));
      std::iota(indices.begin(), indices.end(), 0);
    }
    for (const auto& name : columns) {
      const size_t before = indices.size();
      for (int i = 0; i < footer->num_columns(); ++i) {
        if (is_or_is_in(leaf(i), name)) indices.push_back(i);
      }
      if (indices.size() == before) {
        base::data_error("{} has no column '{}'; the nearest is '{}'", where, name,
                         base::nearest(name, column_names()));
      }
    }
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    return indices;
  }

  std::shared_ptr<arrow::Table> read_leaves(const std::vector<int>& groups, const std::vector<int>& leaves) const {
    return guarded(where, [&] {
      std::shared_ptr<arrow::Table> table;
      if (groups.size() == 1 && !far)
        table = read_with_regular_lists(
            *reader->parquet_reader(), *schema, groups[0], leaves,
            [&](const std::vector<int>& others) { return need_arrow(reader->ReadRowGroups(groups, others), where); });
      if (table == nullptr) table = need_arrow(reader->ReadRowGroups(groups, leaves), where);
      check_arrow(table->ValidateFull(), where);
      return table;
    });
  }

  // After a failure: reads piece by piece until one fails again, to say where.
  [[noreturn]] void locate(const std::vector<int>& groups, const std::vector<int>& leaves,
                           const base::DataError& original) const {
    for (const int group : groups) {
      for (const int index : leaves) {
        const std::string place = group_place(where, group, leaf(index));
        guarded(place, [&] {
          auto table = need_arrow(reader->ReadRowGroups({group}, {index}), place);
          check_arrow(table->ValidateFull(), place);
        });
      }
    }
    throw original;
  }
};

ParquetFile::ParquetFile() : state_(std::make_unique<State>()) {}
ParquetFile::~ParquetFile() = default;
ParquetFile::ParquetFile(ParquetFile&&) noexcept = default;

ParquetFile ParquetFile::open(const std::filesystem::path& path) {
  ParquetFile file;
  State& state = *file.state_;
  state.path = path;
  state.where = "'" + path.string() + "'";
  const auto source = open_for_reading(path);
  guarded(state.where, [&] {
    const auto bytes = static_cast<uint64_t>(need_arrow(source->GetSize(), state.where));
    state.far = is_remote(path);
    state.reader = open_reader(source, state.far, state.where);
    state.footer = state.reader->parquet_reader()->metadata();
    check_footer(*state.footer, bytes, state.where);
    check_arrow(state.reader->GetSchema(&state.schema), state.where);
  });
  return file;
}

const std::filesystem::path& ParquetFile::path() const { return state_->path; }
int64_t ParquetFile::num_rows() const { return state_->footer->num_rows(); }
int ParquetFile::num_row_groups() const { return state_->footer->num_row_groups(); }
std::shared_ptr<arrow::Schema> ParquetFile::schema() const { return state_->schema; }
std::shared_ptr<parquet::FileMetaData> ParquetFile::footer() const { return state_->footer; }

int64_t ParquetFile::rows_in_group(int group) const {
  ASTERISM_CHECK(group >= 0 && group < num_row_groups(), "row group {} of {}", group, num_row_groups());
  return state_->footer->RowGroup(group)->num_rows();
}

std::map<std::string, std::string> ParquetFile::metadata() const {
  std::map<std::string, std::string> pairs;
  const auto stored = state_->footer->key_value_metadata();
  for (int64_t i = 0; stored != nullptr && i < stored->size(); ++i) pairs[stored->key(i)] = stored->value(i);
  pairs.erase(kArrowSchemaKey);
  return pairs;
}

namespace {

// Statistics of one column of one row group; null when the file has none with both ends.
std::shared_ptr<parquet::Statistics> statistics_of(const parquet::FileMetaData& footer, int group, int leaf) {
  const auto statistics = footer.RowGroup(group)->ColumnChunk(leaf)->statistics();
  return statistics != nullptr && statistics->HasMinMax() ? statistics : nullptr;
}

template <class Type, class As>
std::pair<As, As> ends_of(const parquet::Statistics& statistics) {
  const auto& typed = static_cast<const parquet::TypedStatistics<Type>&>(statistics);
  return {static_cast<As>(typed.min()), static_cast<As>(typed.max())};
}

}  // namespace

std::optional<std::pair<int64_t, int64_t>> ParquetFile::integer_range(int group, const std::string& column) const {
  rows_in_group(group);
  const auto leaves = state_->leaves_of({column});
  return guarded(group_place(state_->where, group, column), [&]() -> std::optional<std::pair<int64_t, int64_t>> {
    const auto statistics = statistics_of(*state_->footer, group, leaves[0]);
    if (statistics == nullptr || leaves.size() != 1) return std::nullopt;
    if (statistics->physical_type() == parquet::Type::INT64) return ends_of<parquet::Int64Type, int64_t>(*statistics);
    if (statistics->physical_type() == parquet::Type::INT32) return ends_of<parquet::Int32Type, int64_t>(*statistics);
    return std::nullopt;
  });
}

std::optional<ParquetRange> ParquetFile::range(int group, const std::string& column) const {
  if (const auto integers = integer_range(group, column)) {
    return ParquetRange{static_cast<double>(integers->first), static_cast<double>(integers->second)};
  }
  const auto leaves = state_->leaves_of({column});
  return guarded(group_place(state_->where, group, column), [&]() -> std::optional<ParquetRange> {
    const auto statistics = statistics_of(*state_->footer, group, leaves[0]);
    if (statistics == nullptr || leaves.size() != 1) return std::nullopt;
    std::pair<double, double> ends;
    if (statistics->physical_type() == parquet::Type::DOUBLE) {
      ends = ends_of<parquet::DoubleType, double>(*statistics);
    } else if (statistics->physical_type() == parquet::Type::FLOAT) {
      ends = ends_of<parquet::FloatType, double>(*statistics);
    } else {
      return std::nullopt;
    }
    return ParquetRange{ends.first, ends.second};
  });
}

std::optional<std::pair<std::string, std::string>> ParquetFile::text_range(int group, const std::string& column) const {
  rows_in_group(group);
  const auto leaves = state_->leaves_of({column});
  using Range = std::optional<std::pair<std::string, std::string>>;
  return guarded(group_place(state_->where, group, column), [&]() -> Range {
    const auto statistics = statistics_of(*state_->footer, group, leaves[0]);
    if (statistics == nullptr || leaves.size() != 1 || statistics->physical_type() != parquet::Type::BYTE_ARRAY)
      return std::nullopt;
    const auto& typed = static_cast<const parquet::ByteArrayStatistics&>(*statistics);
    const auto text = [](const parquet::ByteArray& a) {
      return std::string(reinterpret_cast<const char*>(a.ptr), a.len);
    };
    return std::pair(text(typed.min()), text(typed.max()));
  });
}

int64_t ParquetFile::bytes(int group, const std::vector<std::string>& columns) const {
  rows_in_group(group);
  const auto entry = state_->footer->RowGroup(group);
  int64_t out = 0;
  for (const int leaf : state_->leaves_of(columns)) out += entry->ColumnChunk(leaf)->total_compressed_size();
  return out;
}

std::shared_ptr<arrow::Table> ParquetFile::read(const std::vector<std::string>& columns) const {
  std::vector<int> groups(static_cast<size_t>(num_row_groups()));
  std::iota(groups.begin(), groups.end(), 0);
  return read_groups(groups, columns);
}

std::shared_ptr<arrow::Table> ParquetFile::read_groups(const std::vector<int>& groups,
                                                       const std::vector<std::string>& columns) const {
  for (const int group : groups) rows_in_group(group);
  const auto leaves = state_->leaves_of(columns);
  std::shared_ptr<arrow::Table> table;
  try {
    table = state_->read_leaves(groups, leaves);
  } catch (const base::DataError& error) {
    state_->locate(groups, leaves, error);
  }
  if (columns.empty()) return table;
  std::vector<int> order;  // of the top-level columns, as asked
  for (const auto& name : columns) {
    for (int i = 0; i < table->num_columns(); ++i) {
      if (is_or_is_in(name, table->field(i)->name()) && std::find(order.begin(), order.end(), i) == order.end())
        order.push_back(i);
    }
  }
  return need_arrow(table->SelectColumns(order), state_->where);
}

std::shared_ptr<arrow::Table> read_parquet(const std::filesystem::path& path, const std::vector<std::string>& columns) {
  return ParquetFile::open(path).read(columns);
}

}  // namespace asterism::io
