#pragma once
// LayerNorm of rows on a GPU, forward and backward, for those who record gradients themselves (gpu_rows.h).

#include <ATen/ATen.h>

namespace asterism::nn {

struct LayerNorm;

// May the norm of x be computed here? The kernels that are asked for must be had as well.
bool fits_norm(const at::Tensor& x, const LayerNorm& norm);
bool have_norm(const at::Tensor& x, bool has_gain = false, bool has_bias = false);

// Room for mean and 1 / deviation of each row, where a gradient will want them; else undefined.
at::Tensor room_for_stats(const at::Tensor& x, bool kept);

// x [..., C], dense or [R, H, C] with strides -> bfloat16, dense.
at::Tensor norm_forward(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, double epsilon,
                        const at::Tensor& stats);

// What a norm is of, besides x: the sum of a stream has a gradient of its own, and parts. has_bias: y ends with a bias,
// whose gradient is wanted.
struct StreamParts {
  at::Tensor of_sum, y, gain;
  bool wants_y = false, has_bias = false;
};

struct NormGradients {
  at::Tensor y, gamma, beta, gain, bias;
};

// of_x is filled: laid out as x is, or dense.
NormGradients norm_backward(const at::Tensor& x, const at::Tensor& gradient, const at::Tensor& gamma,
                            const at::Tensor& stats, const StreamParts& stream, at::Tensor& of_x);

}  // namespace asterism::nn
