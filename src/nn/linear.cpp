#include "nn/linear.h"

#include <vector>

#include "nn/narrow_weights.h"
#include "nn/tile_linear.h"

namespace asterism::nn {

Linear::Linear(const Scope& scope, int64_t in, int64_t out, bool has_bias)
    : Linear(scope, in, out, has_bias, Init::xavier(in, out)) {}

Linear::Linear(const Scope& scope, int64_t in, int64_t out, bool has_bias, const Init& init)
    : weight(scope.parameter("weight", {out, in}, init)) {
  if (has_bias) bias = scope.parameter("bias", {out}, Init::zeros());
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
  return layer_product(x, for_product(weight), for_product(bias));
}

int64_t rows_at_once(int64_t rows) {
  constexpr int64_t kLeast = 64, kSteps = 8;
  int64_t step = kLeast;
  while (2 * kSteps * step <= rows) step *= 2;
  return (rows + step - 1) / step * step;
}

at::Tensor Linear::of_any_rows(const at::Tensor& x) const {
  const int64_t rows = x.size(0), more = x.is_cuda() ? rows_at_once(rows) - rows : 0;
  if (more == 0) return (*this)(x);
  std::vector<int64_t> below(size_t(2 * x.dim()), 0);
  below.back() = more;
  return (*this)(at::constant_pad_nd(x, below)).narrow(0, 0, rows);
}

}  // namespace asterism::nn
