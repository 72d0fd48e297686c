#pragma once
// Products of large matrices of floats in bfloat16 by the processor's tiles (matrix_tiles.h): both factors are rounded,
// sums are of float32. Nothing is compiled for a shape, as oneDNN does: where the number of rows is another at every
// step of training, that takes longer than the products. Blocks as in Goto & van de Geijn (2008).

#include <cstdint>
#include <memory>

#include "nn/cached_factor.h"

namespace asterism::nn {

class TileMatrix {
 public:
  static bool available();  // on this processor

  TileMatrix() = default;
  // The right factor b [k, n], one of whose strides is 1, kept in the order in which it is read.
  TileMatrix(MatrixView b, int64_t k, int64_t n);
  bool defined() const { return tiles_ != nullptr; }

  // c [m, n] = a b + bias, for a [m, k], one of whose strides is 1; bias [n] may be null. Rows of c lie `stride` apart.
  void multiply(int64_t m, MatrixView a, const float* bias, float* c, int64_t stride) const;

 private:
  struct Job;
  struct Part;
  void some(const Job& job, const Part& part) const;
  void block(const Job& job, const Part& part, const uint16_t* left, int64_t first, int64_t steps) const;

  int64_t k_ = 0, n_ = 0;
  std::shared_ptr<const uint16_t> tiles_;  // copies share it
};

}  // namespace asterism::nn
