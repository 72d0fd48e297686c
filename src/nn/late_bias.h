#pragma once
// Biases whose gradients are left to who reads the product. Such a gradient is a sum over all rows of the product's
// own: an operator reads all of that again for it; whoever has just made it sums it in passing. On a GPU, where
// products are in bfloat16 and gradients are recorded; elsewhere a product is as ever.

#include "nn/linear.h"
#include "nn/packed_linear.h"

namespace asterism::nn {

// y = layer(x). bias: what y was given besides, whose gradient nothing below y computes; undefined: none is left out.
// add_norm and split_heads take it.
struct LateBias {
  at::Tensor y, bias;
};

LateBias late_bias(const Linear& layer, const PackedLinear& fast, const at::Tensor& x);

// y, with the bias's gradient by operators, for who has no better way.
at::Tensor settled(const LateBias& late);

// GELU (erf) of layer(x), the bias's gradient summed with that of GELU.
at::Tensor gelu_product(const Linear& layer, const PackedLinear& fast, const at::Tensor& x);

}  // namespace asterism::nn
