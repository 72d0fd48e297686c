#pragma once
// Fixed vectors for the places of a grid of tokens.

#include <ATen/ATen.h>

#include "models/budget.h"

namespace asterism::models {

// [grid.positions(), width]: sines and cosines of the index (one row) or of row and column from the centre (several
// rows), special positions at -1, -2, ... width a multiple of 4.
at::Tensor grid_positions(const Grid& grid, int64_t width);

}  // namespace asterism::models
