#pragma once
// Whether two draws that went through a decoder are of the same tokens.

#include <algorithm>
#include <cmath>
#include <span>

namespace asterism::infer {

// To the rounding of a decoder, whose batches are others, of the brightest pixel.
inline bool alike(std::span<const float> a, std::span<const float> b) {
  double most = 0, brightest = 1;
  for (size_t p = 0; p < a.size(); ++p) {
    most = std::max(most, std::abs(double(a[p]) - b[p]));
    brightest = std::max(brightest, std::abs(double(b[p])));
  }
  return most <= 1e-3 * brightest;
}

}  // namespace asterism::infer
