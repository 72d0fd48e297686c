#pragma once
// The heads of a projection on a GPU, by kernels of our own; gpu_rows.h says where they apply. Letters: R rows, P
// parts, H heads, d numbers of a head.

#include <ATen/ATen.h>

#include <array>

namespace asterism::nn {

struct LayerNorm;

// The parts of a projection [R, P, H, d] in bfloat16, P <= 3, each [R, H, d] and normed where it has a norm. Their
// gradients are written into one tensor, without a copy of those that are normed. late_bias: of late_bias.h, where
// there are no norms. Undefined tensors where that does not apply.
std::array<at::Tensor, 3> heads_on_gpu(const at::Tensor& x_RPHd, const std::array<const LayerNorm*, 3>& norms,
                                       const at::Tensor& late_bias = {});

}  // namespace asterism::nn
