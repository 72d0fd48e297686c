#pragma once
// What the writers of a training cache share: the file of one modality, its present rows, lists around flat values.

#include <arrow/api.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/aligned.h"
#include "base/error.h"
#include "data/arrow_lists.h"
#include "io/arrow_ipc.h"

namespace asterism::data {

using CacheColumns = std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>;

struct PresentRows {
  explicit PresentRows(const base::AlignedVector<uint8_t>& present) {
    for (size_t i = 0; i < present.size(); ++i) {
      if (present[i] != 0) rows.push_back(int64_t(i));
    }
  }
  std::vector<int64_t> starts(int64_t size) const {
    std::vector<int64_t> out;
    for (const int64_t row : rows) out.push_back(row * size);
    return out;
  }
  std::vector<int64_t> lengths(int64_t size) const { return std::vector<int64_t>(rows.size(), size); }
  std::vector<int64_t> rows;
};

// Opens the file with the first batch, whose columns fix the schema.
class ColumnFile {
 public:
  explicit ColumnFile(std::filesystem::path path) : path_(std::move(path)) {}
  void write(const CacheColumns& columns) {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (const auto& [name, array] : columns) {
      fields.push_back(arrow::field(name, array->type(), true));
      arrays.push_back(array);
    }
    const auto schema = arrow::schema(fields);
    if (!writer_) writer_ = std::make_unique<io::IpcWriter>(path_, schema);
    writer_->write(*arrow::RecordBatch::Make(schema, arrays.front()->length(), arrays));
  }
  void close() { writer_->close(); }

 private:
  std::filesystem::path path_;
  std::unique_ptr<io::IpcWriter> writer_;
};

inline std::shared_ptr<arrow::Array> int32s(const std::vector<int32_t>& values) {
  arrow::Int32Builder builder;
  const bool ok = builder.AppendValues(values).ok();
  ASTERISM_CHECK(ok);
  return *builder.Finish();
}

// list<T> of these lengths around values that lie end to end.
inline std::shared_ptr<arrow::Array> lists(const std::shared_ptr<arrow::Array>& values,
                                           const std::vector<int64_t>& lengths) {
  std::vector<int32_t> offsets = {0};
  for (const int64_t length : lengths) offsets.push_back(int32_t(offsets.back() + length));
  return list_array(arrow::list(values->type()), offsets, values);
}

}  // namespace asterism::data
