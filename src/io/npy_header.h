#pragma once
// The header of a NumPy array file: a Python literal of a fixed form, of which nothing is ever evaluated.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "io/npz.h"

namespace asterism::io {

struct NpyHeader {
  size_t bytes = 0;  // up to the first value
  std::vector<int64_t> shape;
  std::vector<NpyField> fields;
  int64_t item_bytes = 0;
  bool column_major = false;
};

// DataError naming `where` for another form, a version that is not 1, 2 or 3, object or complex types, a negative size.
NpyHeader parse_npy_header(const std::vector<std::byte>& bytes, const std::string& where);

}  // namespace asterism::io
