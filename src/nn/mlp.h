#pragma once
// The two-layer network inside every transformer block.

#include <optional>
#include <string>
#include <vector>

#include "nn/linear.h"

namespace asterism::nn {

// The activations of torch.nn that act on each number alone, learn and draw nothing, and need no argument.
enum class Activation {
  gelu,
  relu,
  silu,
  elu,
  leaky_relu,
  mish,
  hardswish,
  tanh,
  sigmoid,
  softplus,
  identity,
  relu6,
  selu,
  celu,
  softsign,
  hardtanh,
  hardsigmoid,
  log_sigmoid,
  tanhshrink,
  softshrink,
  hardshrink
};
at::Tensor activate(const at::Tensor& x, Activation activation);  // gelu: exact (erf)

// By the name that PyTorch's modules have ("SiLU", "GELU", "LeakyReLU"), with that module's defaults. UserError naming
// the nearest.
Activation activation_named(const std::string& name);
std::vector<std::string> activation_names();

// fc2(act(fc1 x)); gated: fc2(act(fc1 x) * fc3 x) (SwiGLU, Shazeer 2020, with silu), keys as 4M and AION write them.
struct Mlp {
  Mlp() = default;
  Mlp(const Scope& scope, int64_t in, int64_t hidden, int64_t out, bool gated, bool has_bias,
      std::optional<Activation> activation = {});    // by default gelu; gated silu
  at::Tensor operator()(const at::Tensor& x) const;  // [..., in] -> [..., out]

  // The hidden width that 4M uses for a gated network: int(2/3 * ratio * width).
  static int64_t gated_hidden(int64_t width, double ratio = 4) { return int64_t(2 * ratio * double(width) / 3); }

  Linear fc1, fc2, fc3;
  Activation activation = Activation::gelu;
  bool gated = false;
};

}  // namespace asterism::nn
