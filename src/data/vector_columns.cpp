#include "data/vector_columns.h"

#include <arrow/api.h>

#include <cstring>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "io/parquet.h"
#include "modalities/vector.h"

namespace asterism::data {
namespace {

using modalities::VectorBlock;

template <class T>
std::shared_ptr<arrow::Buffer> converted(const VectorBlock& block) {
  std::shared_ptr<arrow::Buffer> buffer =
      io::need_arrow(arrow::AllocateBuffer(int64_t(block.value.size() * sizeof(T))), "a column of vectors");
  T* out = reinterpret_cast<T*>(buffer->mutable_data());
  for (size_t i = 0; i < block.value.size(); ++i) out[i] = T(block.value[i]);
  return buffer;
}

}  // namespace

std::shared_ptr<arrow::Array> vector_array(const VectorBlock& block, const std::shared_ptr<arrow::DataType>& type) {
  const auto& list = static_cast<const arrow::FixedSizeListType&>(*type);
  if (list.list_size() != block.width)
    base::data_error("vectors of width {}, and the dataset was begun with width {}", block.width, list.list_size());
  const int64_t count = block.n * block.width;
  std::shared_ptr<arrow::Array> values;
  switch (list.value_type()->id()) {
    case arrow::Type::UINT16:
      values = std::make_shared<arrow::UInt16Array>(count, converted<uint16_t>(block));
      break;
    case arrow::Type::UINT32:
      values = std::make_shared<arrow::UInt32Array>(count, converted<uint32_t>(block));
      break;
    default:
      values = std::make_shared<arrow::FloatArray>(count, converted<float>(block));
  }
  return std::make_shared<arrow::FixedSizeListArray>(type, block.n, values, bits_of(block.present.data(), block.n));
}

VectorBlock read_vectors(const arrow::Array& column, const ModalityColumn& layout, const std::string& where) {
  if (column.type_id() != arrow::Type::FIXED_SIZE_LIST)
    base::data_error("{}: of type {}; vectors are lists of fixed size", where, column.type()->ToString());
  const auto& lists = static_cast<const arrow::FixedSizeListArray&>(column);
  const int64_t width = lists.list_type()->list_size();
  if (width < 1) base::data_error("{}: vectors of width {}", where, width);
  VectorBlock block = modalities::make_vectors(lists.length(), width, layout.vocabulary);
  std::vector<uint8_t> bad(size_t(width), 0);
  for (int64_t row = 0; row < block.n; ++row) {
    if (lists.IsNull(row)) continue;
    block.present[size_t(row)] = 1;
    std::fill(bad.begin(), bad.end(), uint8_t{0});
    read_floats(*lists.values(), lists.value_offset(row), width, block.value.data() + row * width, bad.data(), where);
    if (std::memchr(bad.data(), 1, bad.size()) != nullptr)
      base::data_error("{}, row {}: a vector with values that are null or not finite", where, row);
  }
  try {
    modalities::check("vectors", block);
  } catch (const base::DataError& error) {
    base::data_error("{}: {}", where, error.what());
  }
  return block;
}

}  // namespace asterism::data
