#pragma once
// Arrays whose first dimension is the object: sizes, picking and joining rows. Used by the file of each kind.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/aligned.h"
#include "base/error.h"

namespace asterism::modalities {

// DataError unless an array has n rows of `width` values.
inline void check_size(const std::string& name, std::string_view field, size_t size, int64_t n, int64_t width) {
  if (size != size_t(n) * size_t(width))
    base::data_error("{}: `{}` holds {} values; {} rows of {} are {}", name, field, size, n, width, n * width);
}

// DataError unless every flag is 0 or 1.
inline void check_present(const std::string& name, const base::AlignedVector<uint8_t>& present) {
  for (size_t row = 0; row < present.size(); ++row)
    if (present[row] > 1) base::data_error("{}, row {}: present is {}; it must be 0 or 1", name, row, present[row]);
}

// The given rows of `from`, an array [n, width]. CheckError for a row that is not there.
template <class T>
void take_rows(const base::AlignedVector<T>& from, const std::vector<int64_t>& rows, int64_t n, int64_t width,
               base::AlignedVector<T>& to) {
  to.resize(rows.size() * size_t(width));
  for (size_t i = 0; i < rows.size(); ++i) {
    ASTERISM_CHECK(rows[i] >= 0 && rows[i] < n, "row {} of {}", rows[i], n);
    if (width > 0)
      std::memcpy(to.data() + i * size_t(width), from.data() + size_t(rows[i]) * size_t(width),
                  size_t(width) * sizeof(T));
  }
}

template <class T>
void append_rows(const base::AlignedVector<T>& from, base::AlignedVector<T>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

// Appends an array [rows, length] as [rows, new_length], filled up at the end of each row.
template <class T>
void append_padded(const base::AlignedVector<T>& from, int64_t rows, int64_t length, int64_t new_length, T fill,
                   base::AlignedVector<T>& to) {
  const size_t start = to.size();
  to.resize(start + size_t(rows * new_length), fill);
  if (length > 0)
    for (int64_t row = 0; row < rows; ++row)
      std::memcpy(to.data() + start + size_t(row * new_length), from.data() + size_t(row * length),
                  size_t(length) * sizeof(T));
}

}  // namespace asterism::modalities
