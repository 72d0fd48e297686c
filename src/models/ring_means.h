#pragma once
// What an image's tokens say ring by ring: one mean over all of them forgets where the bulge ends and the disc begins.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "models/packing.h"

namespace asterism::models {

// The ring of each position of a grid of image tokens: 0 at the centre to rings - 1 at half a side and beyond (the
// corners too), of equal width in units of half the height and half the width. -1 for special positions.
std::vector<int64_t> rings_of(const Grid& grid, int64_t rings);

// Means of x [L, D] over the image tokens of each ring of each object -> [objects, rings D], ring after ring; all
// images of an object together, zeros where it has no token. `images`: 1 for candidates that are images.
at::Tensor ring_means(const at::Tensor& x_LD, const Packing& packing, const std::vector<Candidate>& candidates,
                      const std::vector<Rows>& rows, const std::vector<uint8_t>& images, int64_t rings);

}  // namespace asterism::models
