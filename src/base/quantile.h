#pragma once
// Quantiles of plain numbers. None of these takes NaN, and each wants at least one value.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"

namespace asterism::base {

// Linear between the values on either side; q from 0 to 1.
inline double quantile(std::span<const double> sorted, double q) {
  ASTERISM_CHECK(!sorted.empty(), "a quantile of nothing");
  const double place = std::clamp(q, 0.0, 1.0) * double(sorted.size() - 1);
  const size_t below = std::min(size_t(place), sorted.size() - 1), above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - double(below));
}

// One of the values themselves: the one whose rank is nearest.
inline double nearest_rank(std::span<const double> sorted, double q) {
  ASTERISM_CHECK(!sorted.empty(), "a quantile of nothing");
  return sorted[size_t(std::lround(std::clamp(q, 0.0, 1.0) * double(sorted.size() - 1)))];
}

// The value in the middle; of an even count the upper one of two. Values in any order.
template <class T>
T middle(std::vector<T> values) {
  ASTERISM_CHECK(!values.empty(), "the middle of nothing");
  const auto at = values.begin() + int64_t(values.size() / 2);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace asterism::base
