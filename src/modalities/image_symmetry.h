#pragma once
// The eight symmetries of the square, applied to images: a galaxy has no up on the sky.

#include "modalities/image.h"

namespace asterism::modalities {

// Symmetry 0..7 of all bands of image i: 1 mirrors left and right, 2 up and down, 4 (first) swaps rows and columns,
// which needs a square image (CheckError). Flux, inverse variance and mask move together.
void turn(ImageBlock& images, int64_t i, int symmetry);

// How many symmetries keep the images' shape: 8 where they are square, else 4 (numbers 0..3).
inline int symmetries(const ImageBlock& images) { return images.height == images.width ? 8 : 4; }

}  // namespace asterism::modalities
