#pragma once
// Percentiles of what a dataset holds.

#include <algorithm>
#include <vector>

namespace asterism::data {

// Linear between the values on either side; at least one value.
inline double quantile(const std::vector<double>& sorted, double q) {
  const double place = q * double(sorted.size() - 1);
  const auto below = size_t(place);
  const double above = sorted[std::min(below + 1, sorted.size() - 1)];
  return sorted[below] + (place - double(below)) * (above - sorted[below]);
}

}  // namespace asterism::data
