#include "models/grid_positions.h"

#include "nn/fourier.h"

namespace asterism::models {

at::Tensor grid_positions(const Grid& grid, int64_t width) {
  const auto special = at::arange(-grid.special, 0, at::kFloat);
  const auto row = at::arange(grid.rows, at::kFloat).repeat_interleave(grid.columns);
  const auto column = at::arange(grid.columns, at::kFloat).repeat({grid.rows});
  if (grid.rows == 1) return nn::sincos_positions(at::cat({special, column}), width);
  const auto y = at::cat({special, row - 0.5 * double(grid.rows - 1)}),
             x = at::cat({special, column - 0.5 * double(grid.columns - 1)});
  return at::cat({nn::sincos_positions(y, width / 2), nn::sincos_positions(x, width / 2)}, 1);
}

}  // namespace asterism::models
