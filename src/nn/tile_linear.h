#pragma once
// Linear layers whose products are of bfloat16 by the processor's tiles (tile_matrix.h), forward and backward, under
// Autocast(Precision::bf16) on a CPU. Numbers stay float32 between products, where autocast would cast them to and fro.

#include <ATen/ATen.h>

namespace asterism::nn {

// Whether tile_linear is the product that autocast asks for here.
bool linear_by_tiles(const at::Tensor& x);

// x W^T + b, [..., I] -> [..., O] in float32, with gradients. b may be undefined.
at::Tensor tile_linear(const at::Tensor& x, const at::Tensor& weight_OI, const at::Tensor& bias_O);

// at::linear(x, weight, bias), by tiles where that is what autocast asks for.
at::Tensor linear_product(const at::Tensor& x, const at::Tensor& weight_OI, const at::Tensor& bias_O);

// The same of a layer's own weight, whose tiles are kept while no gradients are recorded, until it changes.
at::Tensor layer_product(const at::Tensor& x, const at::Tensor& weight_OI, const at::Tensor& bias_O);

// a b of two matrices, [M, K] and [K, N] -> [M, N], likewise; without gradients.
at::Tensor matrix_product(const at::Tensor& a_MK, const at::Tensor& b_KN);

}  // namespace asterism::nn
