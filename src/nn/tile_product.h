#pragma once
// Blocks of sums of products in bfloat16 by the processor's tiles (matrix_tiles.h).

#include <cstdint>

namespace asterism::nn {

// Left times right, both as lay_out_tiles leaves them (tile_layout.h), `steps` tiles along what is summed over: one
// tile's height of rows or, where `tall`, two; as many columns or, where `wide`, twice as many. Rows of the sums, whole
// tiles of them, are written `stride` floats apart, or added to what is there. What lies below or beside starts `apart`
// numbers further on. The thread's tiles must be whole (WholeTiles).
struct TileBlock {
  const uint16_t* left;
  const uint16_t* right;
  int64_t steps, left_apart, right_apart;
  bool add;
  float* sums;
  int64_t stride;
};
void tile_product(const TileBlock& block, bool tall, bool wide);

}  // namespace asterism::nn
