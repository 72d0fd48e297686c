#pragma once
// The Arrow files of a training cache: record batches of present rows, found by row number.

#include <arrow/api.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "io/arrow_ipc.h"

namespace asterism::data {

// An open file whose batches are all mapped.
class CacheFile {
 public:
  explicit CacheFile(const std::filesystem::path& path);
  int64_t num_rows() const { return first_.back(); }
  const std::string& where() const { return where_; }

  // Batch and row within it of a row of the file.
  std::pair<size_t, int64_t> find(int64_t row) const {
    ASTERISM_CHECK(row >= 0 && row < num_rows(), "row {} of {}", row, num_rows());
    const size_t batch = size_t(std::upper_bound(first_.begin(), first_.end(), row) - first_.begin()) - 1;
    return {batch, row - first_[batch]};
  }

  // One array a batch; DataError when the column is missing or of another type.
  template <class Array>
  std::vector<const Array*> column(const std::string& name) const {
    std::vector<const Array*> out;
    for (const auto& batch : batches_) {
      const auto array = batch->GetColumnByName(name);
      const auto* typed = dynamic_cast<const Array*>(array.get());
      if (typed == nullptr)
        base::data_error("{}: there is no column '{}' of the expected type; make the cache again", where_, name);
      out.push_back(typed);
      kept_.push_back(array);
    }
    return out;
  }

 private:
  std::string where_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  std::vector<int64_t> first_;  // row of each batch, and the total
  mutable std::vector<std::shared_ptr<arrow::Array>> kept_;
};

// The values of fixed-size lists (`size` of Values each), one pointer a batch.
template <class Values>
std::vector<const Values*> list_values(const CacheFile& file, const std::string& name, int64_t size) {
  std::vector<const Values*> out;
  for (const auto* lists : file.column<arrow::FixedSizeListArray>(name)) {
    const auto* values = dynamic_cast<const Values*>(lists->values().get());
    if (values == nullptr || lists->list_type()->list_size() != size || lists->offset() != 0)
      base::data_error("{}: column '{}' is not made of lists of {}; make the cache again", file.where(), name, size);
    out.push_back(values);
  }
  return out;
}

// A column of lists of numbers: its values and offsets.
template <class Values>
struct ListColumn {
  ListColumn(const CacheFile& file, const std::string& name) : lists(file.column<arrow::ListArray>(name)) {
    for (const auto* l : lists) {
      values.push_back(dynamic_cast<const Values*>(l->values().get()));
      if (values.back() == nullptr)
        base::data_error("{}: column '{}' holds lists of another type; make the cache again", file.where(), name);
    }
  }
  int64_t length(size_t batch, int64_t row) const { return lists[batch]->value_length(row); }
  int64_t first(size_t batch, int64_t row) const { return lists[batch]->value_offset(row); }
  std::vector<const arrow::ListArray*> lists;
  std::vector<const Values*> values;
};

// out[i] = bit first + i.
void unpack_bits(const uint8_t* bits, int64_t first, int64_t n, uint8_t* out);

// fixed_size_list<T>[size] around flat values.
std::shared_ptr<arrow::Array> fixed_lists(const std::shared_ptr<arrow::Array>& values, int64_t size);

}  // namespace asterism::data
