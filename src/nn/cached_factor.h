#pragma once
// Products of float matrices that fit into a cache, as attention makes them head by head: too small for BLAS, which
// spends their time on getting ready. The right factor is laid out once and meets any number of left ones. On
// processors with AVX2 a kernel of its own: six rows by sixteen columns, their sums in registers (Goto & van de Geijn
// 2008). On others, and where AVX-512 gives BLAS vectors twice as wide, BLAS.

#include <cstdint>

namespace asterism::nn {

// Element (i, j) is data[i * row + j * column].
struct MatrixView {
  const float* data;
  int64_t row, column = 1;
  MatrixView from(int64_t i) const { return {data + i * row, row, column}; }
  MatrixView transposed() const { return {data, column, row}; }
};

class CachedFactor {
 public:
  static bool has_kernel();                   // on this processor; else it is BLAS
  static int64_t room(int64_t k, int64_t n);  // the floats that b takes

  // b [k, n], one of whose strides is 1, laid out in `room`; both must outlast this.
  CachedFactor(MatrixView b, int64_t k, int64_t n, float* room);

  // c [m, n] = alpha a b, or c += alpha a b, for a [m, k], one of whose strides is 1; rows of c lie `stride` apart.
  void multiply(int64_t m, float alpha, MatrixView a, bool add, float* c, int64_t stride) const;

 private:
  MatrixView b_;
  int64_t k_, n_;
  const float* panels_;  // of sixteen columns, each [k, 16]; null: BLAS reads b
};

}  // namespace asterism::nn
