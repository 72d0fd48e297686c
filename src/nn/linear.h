#pragma once
// y = x W^T + b over the last dimension.

#include "nn/scope.h"

namespace asterism::nn {

struct Linear {
  Linear() = default;
  // Makes "weight" [out, in] (Xavier uniform unless told) and, if `has_bias`, "bias" [out] (zeros).
  Linear(const Scope& scope, int64_t in, int64_t out, bool has_bias = true);
  Linear(const Scope& scope, int64_t in, int64_t out, bool has_bias, const Init& init);

  at::Tensor operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }  // [..., in] -> [..., out]

  at::Tensor weight, bias;  // bias undefined when there is none
};

}  // namespace asterism::nn
