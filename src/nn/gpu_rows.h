#pragma once
// Layers of a transformer's rows on a GPU, forward and backward, by kernels of our own (gpu_norm_source.h,
// gpu_rows_source.h): where products are in bfloat16, norms and gates are bound by memory, and operators go over
// it three to five times. Statistics are float32. Each gives an undefined tensor where it does not apply (another
// device, another type, a width that is no multiple of 64 up to 2048), and then the layer computes by operators, as
// everywhere else. Letters: R rows, C channels.

#include <ATen/ATen.h>

namespace asterism::nn {

struct LayerNorm;
struct SumAndNorm;

// LayerNorm over the last dimension: x in float32 (where autocast is on) or bfloat16 -> bfloat16, dense.
at::Tensor norm_on_gpu(const at::Tensor& x, const LayerNorm& norm);

// add_norm (norm.h): x [..., C], y [..., C] in bfloat16 -> the sum in x's type, its norm in bfloat16.
SumAndNorm add_norm_on_gpu(const at::Tensor& x, const at::Tensor& y, const at::Tensor& gain_C, const LayerNorm& norm,
                           const at::Tensor& late_bias_C = {});

// silu(a) b of rows [a, b] in bfloat16: [R, 2 C] -> [R, C], C a multiple of 8.
at::Tensor gate_on_gpu(const at::Tensor& x_R2C);

}  // namespace asterism::nn
