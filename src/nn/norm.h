#pragma once
// Normalisations. All work in fp32 under autocast (ATen sees to it).

#include "nn/scope.h"

namespace asterism::nn {

enum class NormBias {
  learned,
  zero_buffer,
  none
};  // zero_buffer: a bias of zeros that files hold but nobody trains (4M, AION)

// Over the last dimension (Ba et al. 2016): "weight" [D] and, by `bias`, "bias" [D].
struct LayerNorm {
  LayerNorm() = default;
  LayerNorm(const Scope& scope, int64_t width, NormBias bias = NormBias::learned, double epsilon = 1e-6);
  at::Tensor operator()(const at::Tensor& x) const;      // [..., D]
  at::Tensor channels_first(const at::Tensor& x) const;  // [B, D, ...]: over dimension 1
  // For a product to read: where those are in bfloat16 on a GPU in that, else as above.
  at::Tensor for_product(const at::Tensor& x) const;
  at::Tensor weight, bias;
  double epsilon = 1e-6;
};

// A step of a transformer's stream: x + gain y (undefined: x + y), and the norm of that. [..., D] and [D]. late_bias:
// of y, as late_bias.h has it.
struct SumAndNorm {
  at::Tensor sum, normed;
};
SumAndNorm add_norm(const at::Tensor& x, const at::Tensor& y, const at::Tensor& gain_D, const LayerNorm& norm,
                    const at::Tensor& late_bias_D = {});

// x / rms(x) * weight over the last dimension (Zhang & Sennrich 2019).
struct RmsNorm {
  RmsNorm() = default;
  RmsNorm(const Scope& scope, int64_t width, double epsilon = 1e-6);
  at::Tensor operator()(const at::Tensor& x) const;  // [..., D]
  at::Tensor weight;
  double epsilon = 1e-6;
};

// Over groups of channels and all positions (Wu & He 2018), x [B, C, ...]. affine = false has no parameters.
struct GroupNorm {
  GroupNorm() = default;
  GroupNorm(const Scope& scope, int64_t groups, int64_t channels, bool affine = true, double epsilon = 1e-6);
  at::Tensor operator()(const at::Tensor& x) const;
  at::Tensor weight, bias;
  int64_t groups = 1;
  double epsilon = 1e-6;
};

// Global response normalisation (ConvNeXt V2, Woo et al. 2023, eq. 1-3), channels last: x [B, ..., C]. G_c is the L2
// norm over all positions, y = gamma * x * G_c / (mean_c G + eps) + beta + x. Makes "gamma" and "beta" [1, 1(, 1), C],
// zeros.
struct GlobalResponseNorm {
  GlobalResponseNorm() = default;
  GlobalResponseNorm(const Scope& scope, int64_t channels, int64_t spatial_dimensions);
  at::Tensor operator()(const at::Tensor& x) const;
  at::Tensor gamma, beta;
};

}  // namespace asterism::nn
