#pragma once
// y = x W^T + b over the last dimension.

#include "nn/scope.h"

namespace asterism::nn {

// How many rows of products to compute on a GPU where some more or fewer are wanted each time: its libraries look for a
// way to multiply at every size they have not met, for milliseconds. The next of few sizes: up to an eighth more.
int64_t rows_at_once(int64_t rows);

struct Linear {
  Linear() = default;
  // Makes "weight" [out, in] (Xavier uniform unless told) and, if `has_bias`, "bias" [out] (zeros).
  Linear(const Scope& scope, int64_t in, int64_t out, bool has_bias = true);
  Linear(const Scope& scope, int64_t in, int64_t out, bool has_bias, const Init& init);

  at::Tensor operator()(const at::Tensor& x) const;  // [..., in] -> [..., out]

  // The same for rows [R, ..., in] whose number changes from call to call.
  at::Tensor of_any_rows(const at::Tensor& x) const;

  at::Tensor weight, bias;  // bias undefined when there is none
};

}  // namespace asterism::nn
