#pragma once
// Which patches of a crop are hidden from the student: blocks, not single patches, so that what is hidden cannot be
// read off its neighbours (BEiT, Bao et al. 2022; as iBOT and DINOv2 draw them).

#include <cstdint>
#include <vector>

#include "base/random.h"

namespace asterism::models {

// At most `count` patches of a grid, row by row, 1: hidden. Rectangles of at least four patches (fewer where fewer are
// wanted), height over width between 0.3 and 3.3, are laid over each other until `count` is reached or ten in a row do
// not fit.
std::vector<uint8_t> draw_block_mask(int64_t rows, int64_t columns, int64_t count, base::Random& random);

}  // namespace asterism::models
