#pragma once
// Bins that stand for classes: one about each whole number from 0 on, edges -0.5, 0.5, 1.5, ... So answers a model that
// was trained for classes; of its posterior the mode is the most probable class, and draws are classes.

#include <cmath>
#include <span>

namespace asterism::models {

inline bool are_classes(std::span<const double> edges) {
  for (size_t k = 0; k < edges.size(); ++k)
    if (std::abs(edges[k] - (double(k) - 0.5)) > 1e-9) return false;
  return edges.size() > 2;
}

}  // namespace asterism::models
