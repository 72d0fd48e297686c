#pragma once
// Matrices for products of factors that fit into a cache (nn/cached_factor.h, nn/tile_factor.h).

#include <ATen/ATen.h>

#include <vector>

#include "nn/cached_factor.h"
#include "nn/matrix_tiles.h"

namespace asterism::test {

inline nn::MatrixView view(const at::Tensor& x) { return {x.const_data_ptr<float>(), x.stride(0), x.stride(1)}; }

// A matrix of numbers of bfloat16 whose rows lie in wider ones, as heads do; or its transpose.
inline at::Tensor matrix(int64_t rows, int64_t columns, bool transposed, uint64_t seed) {
  const auto generator = at::detail::createCPUGenerator(seed);
  const auto wide = (transposed ? at::randn({columns, rows + 5}, generator) : at::randn({rows, columns + 5}, generator))
                        .to(at::kBFloat16)
                        .to(at::kFloat);
  return transposed ? wide.narrow(1, 2, rows).t() : wide.narrow(1, 2, columns);
}

// Twice alpha times the product, in two goes; `sum` is written over.
template <class Factor>
at::Tensor multiply_twice(const at::Tensor& a, const at::Tensor& b, float alpha, const at::Tensor& sum) {
  std::vector<float> room(size_t(Factor::room(b.size(0), b.size(1))));
  auto c = sum.clone();
  const nn::WholeTiles tiles;
  const Factor factor(view(b), b.size(0), b.size(1), room.data());
  factor.multiply(a.size(0), alpha, view(a), false, c.mutable_data_ptr<float>(), c.stride(0));
  factor.multiply(a.size(0), alpha, view(a), true, c.mutable_data_ptr<float>(), c.stride(0));
  return c;
}

}  // namespace asterism::test
