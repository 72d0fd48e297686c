#pragma once
// Fixed vectors for the places of a grid of tokens, and what the tokens look at.

#include <ATen/ATen.h>

#include <span>
#include <vector>

#include "models/budget.h"

namespace asterism::models {

// [grid.positions(), width]: sines and cosines of the index (one row) or of row and column from the centre (several
// rows), special positions at -1, -2, ... width a multiple of 4.
at::Tensor grid_positions(const Grid& grid, int64_t width);

// `count` stretches of `pixels` each, end to end from pixel `first` (counted from the centre pixel, side / 2).
std::vector<Stretch> pixel_stretches(int64_t first, int64_t count, int64_t pixels);

// What runs of `patch` pixels of one spectrum see: from half-way to the pixel before to half-way to the one after.
// `wavelength` increases up to its padding of zeros; nothing for a patch of padding. [ceil(length / patch)]
std::vector<Stretch> wavelength_stretches(std::span<const float> wavelength, int64_t patch);

}  // namespace asterism::models
