#pragma once
// Arrow lists made from flat memory and taken apart again, a block of values at a time: pixels never pass through
// builders.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace asterism::data {

// list<...> of this type over `values`, no nulls. offsets has one more entry than there are lists.
std::shared_ptr<arrow::Array> list_array(const std::shared_ptr<arrow::DataType>& type,
                                         const std::vector<int32_t>& offsets, std::shared_ptr<arrow::Array> values);

// float32 values from[starts[i] .. starts[i] + lengths[i]) of all i, end to end; null where zero if asked.
std::shared_ptr<arrow::Array> gather_floats(const float* from, const std::vector<int64_t>& starts,
                                            const std::vector<int64_t>& lengths, bool null_at_zero = false);
// Booleans likewise.
std::shared_ptr<arrow::Array> gather_bits(const uint8_t* from, const std::vector<int64_t>& starts,
                                          const std::vector<int64_t>& lengths);
std::shared_ptr<arrow::Array> floats_null_at_zero(const std::vector<float>& values);
// float64, null where valid[i] is 0.
std::shared_ptr<arrow::Array> doubles(const double* values, const uint8_t* valid, int64_t n);
// A bitmap: bit i set where flags[i] is not 0.
std::shared_ptr<arrow::Buffer> bits_of(const uint8_t* flags, int64_t n);

// An array of lists (list, large_list or fixed_size_list, sliced or not) as ranges of its values; a null list is empty
// and has valid 0. DataError naming `where` for anything else.
struct ListRanges {
  std::shared_ptr<arrow::Array> values;
  std::vector<int64_t> first, length;
  std::vector<uint8_t> valid;
};
ListRanges list_ranges(const arrow::Array& lists, const std::string& where);

// values[first .. first + n) as float32; bad[i] becomes 1 (and out[i] 0) where a value is null or not finite, else bad
// is left as it is. bad may be nullptr. Any number type. DataError naming `where` for others.
void read_floats(const arrow::Array& values, int64_t first, int64_t n, float* out, uint8_t* bad,
                 const std::string& where);
// The same as float64.
void read_doubles(const arrow::Array& values, int64_t first, int64_t n, double* out, uint8_t* bad,
                  const std::string& where);
// out[i] becomes 1 where the value is true or not zero or null. Booleans and integers.
void read_flags(const arrow::Array& values, int64_t first, int64_t n, uint8_t* out, const std::string& where);
// One text; "" for a null. string, large_string, binary, dictionary of strings, and integers (as their digits).
std::string read_text(const arrow::Array& values, int64_t i, const std::string& where);

// One array of a column of one or several chunks (not copied when there is one).
std::shared_ptr<arrow::Array> one_chunk(const arrow::ChunkedArray& column, const std::string& where);

}  // namespace asterism::data
