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

}  // namespace asterism::modalities
