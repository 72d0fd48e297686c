#pragma once
// Attention of one head in bfloat16 by the processor's tiles (matrix_tiles.h): scores, their softmax and the mean of
// the values, 32 queries at a time, whose scores stay in the cache. Queries, keys, values and probabilities are rounded
// to bfloat16; sums and exponentials are of float32 (the latter to 3e-6 of themselves).

#include <cstdint>

#include "nn/cached_factor.h"

namespace asterism::nn {

struct TileHead {
  MatrixView q, k, v;  // [queries, d], [keys, d], [keys, d], of unit stride along d
  int64_t queries, keys, d;
  float* out;  // [queries, d], rows `stride` apart
  int64_t stride;
  float* lse = nullptr;  // [queries]: log of the sum of exp of the scores, where it is asked for
};

// softmax(q k^T / sqrt(d)) v, of at least one key. Where has_matrix_tiles(); the thread's tiles must be whole
// (WholeTiles).
void attend_by_tiles(const TileHead& head);

}  // namespace asterism::nn
