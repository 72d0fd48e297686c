#include "models/grid_positions.h"

#include <algorithm>

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

std::vector<Stretch> pixel_stretches(int64_t first, int64_t count, int64_t pixels) {
  std::vector<Stretch> out;
  for (int64_t i = 0; i < count; ++i) out.push_back({double(first + i * pixels), double(first + (i + 1) * pixels)});
  return out;
}

std::vector<Stretch> wavelength_stretches(std::span<const float> wavelength, int64_t patch) {
  int64_t used = 0;
  while (used < int64_t(wavelength.size()) && wavelength[size_t(used)] > 0) ++used;
  // Edge below pixel i, as rebinning has it: the outermost pixels are as wide as their neighbours.
  auto edge = [&](int64_t i) {
    const auto w = [&](int64_t k) { return double(wavelength[size_t(k)]); };
    if (used == 1) return w(0) + double(i) - 0.5;
    if (i == 0) return w(0) - (w(1) - w(0)) / 2;
    if (i == used) return w(used - 1) + (w(used - 1) - w(used - 2)) / 2;
    return (w(i - 1) + w(i)) / 2;
  };
  std::vector<Stretch> out;
  for (int64_t begin = 0; begin < int64_t(wavelength.size()); begin += patch)
    out.push_back(begin < used ? Stretch{edge(begin), edge(std::min(begin + patch, used))} : Stretch{});
  return out;
}

}  // namespace asterism::models
