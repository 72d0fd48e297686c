#pragma once
// Convolutional residual units of MAGVIT-v2 (Yu et al. 2023; key names of the public 2-D code and of AION's image
// codec), for images [B, C, H, W].

#include "nn/conv.h"

namespace asterism::nn {

// Squeeze-and-excite by global context: a = softmax over positions of to_k x, g = sum a x, gate = sigmoid(net.2
// leaky_relu(net.0 g, 0.1)); x * gate. Keys "to_k", "net.0", "net.2"; the gate starts nearly closed (bias -10).
struct SqueezeExcite {
  SqueezeExcite() = default;
  SqueezeExcite(const Scope& scope, int64_t channels);
  at::Tensor operator()(const at::Tensor& x_BCHW) const;
  Conv2d to_k, net0, net2;
};

// x + se(elu(conv1x1(elu(conv3x3 x)))). Keys "net.0.conv", "net.2", "net.4" (se). open_gate: the gate starts at 1/2,
// for short trainings.
struct ResidualUnit {
  ResidualUnit() = default;
  ResidualUnit(const Scope& scope, int64_t channels, bool open_gate = false);
  at::Tensor operator()(const at::Tensor& x_BCHW) const;
  Conv2d conv, pointwise;
  SqueezeExcite excite;
};

// Twice the size: 1x1 convolution to 4 out channels, SiLU, pixel shuffle. Key "net.0".
struct PixelShuffleUp {
  PixelShuffleUp() = default;
  PixelShuffleUp(const Scope& scope, int64_t in, int64_t out);
  at::Tensor operator()(const at::Tensor& x_BCHW) const;
  Conv2d conv;
};

}  // namespace asterism::nn
