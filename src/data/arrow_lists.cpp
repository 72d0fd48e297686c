#include "data/arrow_lists.h"

#include <arrow/api.h>
#include <arrow/util/float16.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/error.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

std::shared_ptr<arrow::Buffer> allocate(int64_t bytes) {
  return io::need_arrow(arrow::AllocateBuffer(bytes), "memory for a column");
}

int64_t total(const std::vector<int64_t>& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
}

std::shared_ptr<arrow::Buffer> zero_is_null(const float* values, int64_t n) {
  auto bitmap = allocate((n + 7) / 8);
  std::memset(bitmap->mutable_data(), 0, size_t(bitmap->size()));
  for (int64_t i = 0; i < n; ++i) bitmap->mutable_data()[i / 8] |= uint8_t((values[i] != 0) << (i % 8));
  return bitmap;
}

template <class ArrowArray, class Out>
void convert(const arrow::Array& values, int64_t first, int64_t n, Out* out) {
  const auto* from = static_cast<const ArrowArray&>(values).raw_values() + first;
  for (int64_t i = 0; i < n; ++i) out[i] = Out(from[i]);
}

// By the exponents, all of whose bits are set in NaN and the infinities alone; integers, for the compiler takes many at
// once of these.
bool all_finite(const float* values, int64_t n) {
  uint32_t carries = 0;
  for (int64_t i = 0; i < n; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof(bits));
    carries |= (bits & 0x7fffffffU) + 0x00800000U;
  }
  return (carries >> 31) == 0;
}

bool all_finite(const double* values, int64_t n) {
  return std::all_of(values, values + n, [](double v) { return std::isfinite(v); });
}

// Bits [first, first + n) as bytes of 0 and 1.
void unpack_bits(const uint8_t* bits, int64_t first, int64_t n, uint8_t* out) {
  int64_t i = 0;
  for (; i < n && (first + i) % 8 != 0; ++i) out[i] = (bits[(first + i) / 8] >> ((first + i) % 8)) & 1;
  for (; i + 8 <= n; i += 8) {
    const uint64_t spread = (bits[(first + i) / 8] * 0x0101010101010101ULL) & 0x8040201008040201ULL;
    const uint64_t bytes = ((spread + 0x7f7f7f7f7f7f7f7fULL) >> 7) & 0x0101010101010101ULL;
    std::memcpy(out + i, &bytes, sizeof(bytes));
  }
  for (; i < n; ++i) out[i] = (bits[(first + i) / 8] >> ((first + i) % 8)) & 1;
}

template <class Out>
void read_numbers(const arrow::Array& values, int64_t first, int64_t n, Out* out, uint8_t* bad,
                  const std::string& where) {
  if (n == 0) return;
  switch (values.type_id()) {
    case arrow::Type::FLOAT:
      convert<arrow::FloatArray>(values, first, n, out);
      break;
    case arrow::Type::DOUBLE:
      convert<arrow::DoubleArray>(values, first, n, out);
      break;
    case arrow::Type::INT8:
      convert<arrow::Int8Array>(values, first, n, out);
      break;
    case arrow::Type::INT16:
      convert<arrow::Int16Array>(values, first, n, out);
      break;
    case arrow::Type::INT32:
      convert<arrow::Int32Array>(values, first, n, out);
      break;
    case arrow::Type::INT64:
      convert<arrow::Int64Array>(values, first, n, out);
      break;
    case arrow::Type::UINT8:
      convert<arrow::UInt8Array>(values, first, n, out);
      break;
    case arrow::Type::UINT16:
      convert<arrow::UInt16Array>(values, first, n, out);
      break;
    case arrow::Type::UINT32:
      convert<arrow::UInt32Array>(values, first, n, out);
      break;
    case arrow::Type::UINT64:
      convert<arrow::UInt64Array>(values, first, n, out);
      break;
    case arrow::Type::HALF_FLOAT:
      for (int64_t i = 0; i < n; ++i)
        out[i] = Out(arrow::util::Float16::FromBits(static_cast<const arrow::HalfFloatArray&>(values).Value(first + i))
                         .ToFloat());
      break;
    case arrow::Type::BOOL:
      for (int64_t i = 0; i < n; ++i) out[i] = Out(static_cast<const arrow::BooleanArray&>(values).Value(first + i));
      break;
    case arrow::Type::NA:
      std::fill(out, out + n, Out(NAN));
      break;
    default:
      base::data_error("{}: of type {}; numbers are wanted", where, values.type()->ToString());
  }
  const bool nulls = values.null_count() > 0;
  if (!nulls && all_finite(out, n)) return;
  for (int64_t i = 0; i < n; ++i) {
    if (std::isfinite(out[i]) && !(nulls && values.IsNull(first + i))) continue;
    out[i] = 0;
    if (bad != nullptr) bad[i] = 1;
  }
}

template <class ListArray>
void fill_ranges(const ListArray& lists, ListRanges& out) {
  for (int64_t i = 0; i < lists.length(); ++i) {
    out.first[size_t(i)] = int64_t(lists.value_offset(i));
    out.length[size_t(i)] = lists.IsNull(i) ? 0 : int64_t(lists.value_length(i));
    out.valid[size_t(i)] = !lists.IsNull(i);
  }
  out.values = lists.values();
}

}  // namespace

std::shared_ptr<arrow::Array> list_array(const std::shared_ptr<arrow::DataType>& type,
                                         const std::vector<int32_t>& offsets, std::shared_ptr<arrow::Array> values) {
  const auto buffer = allocate(int64_t(offsets.size() * sizeof(int32_t)));
  std::memcpy(buffer->mutable_data(), offsets.data(), offsets.size() * sizeof(int32_t));
  return std::make_shared<arrow::ListArray>(type, int64_t(offsets.size()) - 1, buffer, std::move(values));
}

std::shared_ptr<arrow::Array> gather_floats(const float* from, const std::vector<int64_t>& starts,
                                            const std::vector<int64_t>& lengths, bool null_at_zero) {
  const int64_t n = total(lengths);
  const auto buffer = allocate(n * int64_t(sizeof(float)));
  auto* out = reinterpret_cast<float*>(buffer->mutable_data());
  int64_t at = 0;
  for (size_t i = 0; i < starts.size(); ++i) {
    if (lengths[i] == 0) continue;
    std::memcpy(out + at, from + starts[i], size_t(lengths[i]) * sizeof(float));
    at += lengths[i];
  }
  return std::make_shared<arrow::FloatArray>(n, buffer, null_at_zero ? zero_is_null(out, n) : nullptr,
                                             null_at_zero ? arrow::kUnknownNullCount : 0);
}

std::shared_ptr<arrow::Array> gather_bits(const uint8_t* from, const std::vector<int64_t>& starts,
                                          const std::vector<int64_t>& lengths) {
  const int64_t n = total(lengths);
  const auto buffer = allocate((n + 7) / 8);
  uint8_t* out = buffer->mutable_data();
  std::memset(out, 0, size_t(buffer->size()));
  int64_t at = 0;
  for (size_t i = 0; i < starts.size(); ++i) {
    const uint8_t* flags = from + starts[i];
    for (int64_t j = 0; j < lengths[i]; ++j, ++at) out[at / 8] |= uint8_t((flags[j] != 0) << (at % 8));
  }
  return std::make_shared<arrow::BooleanArray>(n, buffer);
}

std::shared_ptr<arrow::Array> floats_null_at_zero(const std::vector<float>& values) {
  return gather_floats(values.data(), {0}, {int64_t(values.size())}, true);
}

std::shared_ptr<arrow::Array> doubles(const double* values, const uint8_t* valid, int64_t n) {
  const auto buffer = allocate(n * int64_t(sizeof(double)));
  if (n > 0) std::memcpy(buffer->mutable_data(), values, size_t(n) * sizeof(double));
  return std::make_shared<arrow::DoubleArray>(n, buffer, bits_of(valid, n));
}

std::shared_ptr<arrow::Buffer> bits_of(const uint8_t* flags, int64_t n) {
  return std::static_pointer_cast<arrow::BooleanArray>(gather_bits(flags, {0}, {n}))->values();
}

ListRanges list_ranges(const arrow::Array& lists, const std::string& where) {
  ListRanges out;
  const size_t n = size_t(lists.length());
  out.first.resize(n);
  out.length.resize(n);
  out.valid.resize(n);
  switch (lists.type_id()) {
    case arrow::Type::LIST:
      fill_ranges(static_cast<const arrow::ListArray&>(lists), out);
      break;
    case arrow::Type::LARGE_LIST:
      fill_ranges(static_cast<const arrow::LargeListArray&>(lists), out);
      break;
    case arrow::Type::FIXED_SIZE_LIST:
      fill_ranges(static_cast<const arrow::FixedSizeListArray&>(lists), out);
      break;
    case arrow::Type::EXTENSION:
      return list_ranges(*static_cast<const arrow::ExtensionArray&>(lists).storage(), where);
    default:
      base::data_error("{}: of type {}; a list is wanted", where, lists.type()->ToString());
  }
  return out;
}

void read_floats(const arrow::Array& values, int64_t first, int64_t n, float* out, uint8_t* bad,
                 const std::string& where) {
  read_numbers(values, first, n, out, bad, where);
}

void read_doubles(const arrow::Array& values, int64_t first, int64_t n, double* out, uint8_t* bad,
                  const std::string& where) {
  read_numbers(values, first, n, out, bad, where);
}

void read_flags(const arrow::Array& values, int64_t first, int64_t n, uint8_t* out, const std::string& where) {
  const bool nulls = values.null_count() > 0;
  if (values.type_id() == arrow::Type::BOOL) {
    const auto& flags = static_cast<const arrow::BooleanArray&>(values);
    unpack_bits(flags.values()->data(), flags.offset() + first, n, out);
  } else {
    std::vector<double> numbers(size_t(n), 0);
    read_doubles(values, first, n, numbers.data(), nullptr, where);
    for (int64_t i = 0; i < n; ++i) out[i] = numbers[size_t(i)] != 0;
  }
  for (int64_t i = 0; nulls && i < n; ++i) out[i] = out[i] || values.IsNull(first + i);
}

std::string read_text(const arrow::Array& values, int64_t i, const std::string& where) {
  if (values.IsNull(i)) return "";
  switch (values.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return std::string(static_cast<const arrow::BinaryArray&>(values).GetView(i));
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return std::string(static_cast<const arrow::LargeBinaryArray&>(values).GetView(i));
    case arrow::Type::INT32:
      return std::to_string(static_cast<const arrow::Int32Array&>(values).Value(i));
    case arrow::Type::INT64:
      return std::to_string(static_cast<const arrow::Int64Array&>(values).Value(i));
    case arrow::Type::UINT64:
      return std::to_string(static_cast<const arrow::UInt64Array&>(values).Value(i));
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(values);
      return read_text(*dictionary.dictionary(), dictionary.GetValueIndex(i), where);
    }
    default:
      base::data_error("{}: of type {}; text is wanted", where, values.type()->ToString());
  }
}

std::shared_ptr<arrow::Array> one_chunk(const arrow::ChunkedArray& column, const std::string& where) {
  if (column.num_chunks() == 1) return column.chunk(0);
  if (column.num_chunks() == 0) return io::need_arrow(arrow::MakeEmptyArray(column.type()), where);
  return io::need_arrow(arrow::Concatenate(column.chunks()), where);
}

}  // namespace asterism::data
