#pragma once
// How cfitsio's type numbers and ours go together. For the fits_*.cpp files alone.

#include <fitsio.h>
#undef READWRITE  // a name in Arrow

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace asterism::io {

template <class T>
constexpr int cfitsio_type() {
  if constexpr (std::is_same_v<T, float>) return TFLOAT;
  if constexpr (std::is_same_v<T, double>) return TDOUBLE;
  if constexpr (std::is_same_v<T, int32_t>) return TINT;
  if constexpr (std::is_same_v<T, int64_t>) return TLONGLONG;
  if constexpr (std::is_same_v<T, uint8_t>) return TBYTE;
}
static_assert(sizeof(int) == sizeof(int32_t) && sizeof(LONGLONG) == sizeof(int64_t));

// Turns cfitsio's null flags into validity, and gives nulls the value promised: NaN, or 0 for integers.
template <class T>
void settle_nulls(std::vector<T>& values, std::vector<uint8_t>& flags) {
  for (size_t i = 0; i < values.size(); ++i) {
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(values[i])) flags[i] = 1;
      if (flags[i]) values[i] = std::numeric_limits<T>::quiet_NaN();
    } else if (flags[i]) {
      values[i] = 0;
    }
    flags[i] = flags[i] ? 0 : 1;
  }
}

}  // namespace asterism::io
