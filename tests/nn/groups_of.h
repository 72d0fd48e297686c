#pragma once
// Groups of rows, by their lengths.

#include <cstdint>
#include <vector>

#include "nn/ranges.h"

namespace asterism::test {

inline nn::Ranges groups_of(const std::vector<int64_t>& lengths) {
  nn::Ranges out;
  for (const int64_t length : lengths) out.add(length);
  return out;
}

}  // namespace asterism::test
