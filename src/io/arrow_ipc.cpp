#include "io/arrow_ipc.h"

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/arrow_status.h"
#include "io/open_file.h"

namespace asterism::io {

struct IpcWriter::State {
  std::string where;
  base::AtomicFile file;
  std::shared_ptr<arrow::io::FileOutputStream> sink;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer;
  std::shared_ptr<arrow::Schema> schema;
  bool closed = false;

  State(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema)
      : where("'" + path.string() + "'"), file(path), schema(schema) {}

  void check_schema(const arrow::Schema& given) const {
    ASTERISM_CHECK(!closed, "{} is closed", where);
    if (!given.Equals(*schema, false)) {
      base::user_error("{}: the columns are not those of the file: {} against {}", where, given.ToString(),
                       schema->ToString());
    }
  }
};

IpcWriter::IpcWriter(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema) {
  state_ = std::make_unique<State>(path, schema);
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.alignment = 64;
  state_->sink = need_arrow(arrow::io::FileOutputStream::Open(state_->file.temporary_path().string()), state_->where);
  state_->writer = need_arrow(arrow::ipc::MakeFileWriter(state_->sink, schema, options), state_->where);
}

IpcWriter::~IpcWriter() = default;
IpcWriter::IpcWriter(IpcWriter&&) noexcept = default;

void IpcWriter::write(const arrow::RecordBatch& batch) {
  state_->check_schema(*batch.schema());
  check_arrow(state_->writer->WriteRecordBatch(batch), state_->where);
}

void IpcWriter::write(const arrow::Table& table, int64_t rows_per_batch) {
  ASTERISM_CHECK(rows_per_batch > 0, "{} rows a batch", rows_per_batch);
  state_->check_schema(*table.schema());
  check_arrow(state_->writer->WriteTable(table, rows_per_batch), state_->where);
}

void IpcWriter::close() {
  ASTERISM_CHECK(!state_->closed, "{} is closed", state_->where);
  check_arrow(state_->writer->Close(), state_->where);
  check_arrow(state_->sink->Close(), state_->where);
  state_->closed = true;
  state_->file.commit();
}

void write_ipc(const std::filesystem::path& path, const arrow::Table& table, int64_t rows_per_batch) {
  IpcWriter writer(path, table.schema());
  writer.write(table, rows_per_batch);
  writer.close();
}

struct IpcFile::State {
  std::string where;
  std::shared_ptr<arrow::io::MemoryMappedFile> map;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader;
};

IpcFile::IpcFile() : state_(std::make_unique<State>()) {}
IpcFile::~IpcFile() = default;
IpcFile::IpcFile(IpcFile&&) noexcept = default;

IpcFile IpcFile::open(const std::filesystem::path& path) {
  IpcFile file;
  State& state = *file.state_;
  state.where = "'" + path.string() + "'";
  if (OpenFile(path).size() == 0) base::data_error("{} is empty; make it again", state.where);
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  guarded(state.where, [&] {
    state.map = need_arrow(arrow::io::MemoryMappedFile::Open(path.string(), arrow::io::FileMode::READ), state.where);
    state.reader = need_arrow(arrow::ipc::RecordBatchFileReader::Open(state.map, options), state.where);
  });
  return file;
}

std::shared_ptr<arrow::Schema> IpcFile::schema() const { return state_->reader->schema(); }
int IpcFile::num_batches() const { return state_->reader->num_record_batches(); }

int64_t IpcFile::num_rows() const {
  return guarded(state_->where, [&] { return need_arrow(state_->reader->CountRows(), state_->where); });
}

std::shared_ptr<arrow::RecordBatch> IpcFile::batch(int index) const {
  ASTERISM_CHECK(index >= 0 && index < num_batches(), "batch {} of {}", index, num_batches());
  const std::string place = fmt::format("{}, batch {}", state_->where, index);
  return guarded(place, [&] {
    auto batch = need_arrow(state_->reader->ReadRecordBatch(index), place);
    check_arrow(batch->ValidateFull(), place);
    return batch;
  });
}

std::shared_ptr<arrow::Table> IpcFile::table() const {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  batches.reserve(size_t(num_batches()));
  for (int i = 0; i < num_batches(); ++i) batches.push_back(batch(i));
  return need_arrow(arrow::Table::FromRecordBatches(schema(), batches), state_->where);
}

}  // namespace asterism::io
