#pragma once
// Products of matrices that fit into a cache, as attention makes them head by head, in bfloat16 by the processor's
// tiles (matrix_tiles.h): floats in, rounded to bfloat16 as they are laid out, their products summed in float32, floats
// out. What cached_factor.h is in float32.

#include <cstdint>

#include "nn/cached_factor.h"

namespace asterism::nn {

class TileFactor {
 public:
  static bool available();                    // on this processor
  static int64_t room(int64_t k, int64_t n);  // the floats that b takes

  // b [k, n], one of whose strides is 1, laid out in `room`, which must outlast this.
  TileFactor(MatrixView b, int64_t k, int64_t n, float* room);

  // c [m, n] = alpha a b, or c += alpha a b, for a [m, k], one of whose strides is 1; rows of c lie `stride` apart.
  // The thread's tiles must be whole (WholeTiles).
  void multiply(int64_t m, float alpha, MatrixView a, bool add, float* c, int64_t stride) const;

 private:
  int64_t k_, n_;
  const uint16_t* tiles_;  // of sixteen columns, each all of k
};

}  // namespace asterism::nn
