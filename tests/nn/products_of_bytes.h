#pragma once
// Rows of eight-bit integers to multiply, and their exact products.

#include <ATen/ATen.h>

namespace asterism::test {

inline at::Tensor random_bytes(int64_t rows, int64_t columns, int most, uint64_t seed) {
  const auto generator = at::detail::createCPUGenerator(seed);
  return at::randint(-most, most + 1, {rows, columns}, generator, at::kChar);
}

// x W^T: sums of whole numbers far below 2^53.
inline at::Tensor exact_product(const at::Tensor& x, const at::Tensor& w) {
  return at::mm(x.to(at::kDouble), w.to(at::kDouble).t()).to(at::kInt);
}

}  // namespace asterism::test
