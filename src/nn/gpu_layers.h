#pragma once
// Layers without gradients on a GPU, by kernels of our own (gpu_source.h) that do in one pass over the numbers what
// operators do in three to five: the networks of codecs are bound by memory there, not by products. Each gives an
// undefined tensor where it does not apply, and then the layer computes by operators, as everywhere else.
// Letters: B objects, L positions, C channels.

#include <ATen/ATen.h>

namespace asterism::nn {

struct ConvNextBlock;
struct ResidualUnit;

// One-dimensional, C a multiple of 32 up to 1024: x [B, C, 1, L], channels last in memory -> the same. With products in
// bfloat16 (autocast) all of it is ours but the products; in float32 the convolution and its norm.
at::Tensor convnext_on_gpu(const ConvNextBlock& block, const at::Tensor& x_BC1L);

// With products in bfloat16, C a multiple of 64 up to 2048: x [B, C, H, W] -> the same in bfloat16, channels last.
at::Tensor residual_on_gpu(const ResidualUnit& unit, const at::Tensor& x_BCHW);

}  // namespace asterism::nn
