#pragma once
// Arrow IPC files, uncompressed and memory-mapped: the training cache. Columns of an open file point into the mapping.

#include <arrow/api.h>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace asterism::io {

// Writes record batches as they come; the file appears at close(), complete, or not at all.
class IpcWriter {
 public:
  IpcWriter(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema);
  ~IpcWriter();
  IpcWriter(IpcWriter&&) noexcept;
  void write(const arrow::RecordBatch& batch);
  void write(const arrow::Table& table, int64_t rows_per_batch = 4096);
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

void write_ipc(const std::filesystem::path& path, const arrow::Table& table, int64_t rows_per_batch = 4096);

// An open file; batches keep the mapping alive on their own. Buffers lie on multiples of 8 bytes, no more: who wants 64
// copies. open() checks the footer; batch() checks the lengths, offsets and text of every array, which reads those
// parts of it.
class IpcFile {
 public:
  static IpcFile open(const std::filesystem::path& path);
  ~IpcFile();
  IpcFile(IpcFile&&) noexcept;
  std::shared_ptr<arrow::Schema> schema() const;
  int num_batches() const;
  int64_t num_rows() const;  // of all batches
  std::shared_ptr<arrow::RecordBatch> batch(int index) const;
  std::shared_ptr<arrow::Table> table() const;  // all batches, not copied

 private:
  IpcFile();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace asterism::io
