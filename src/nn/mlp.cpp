#include "nn/mlp.h"

namespace asterism::nn {

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return at::relu(x);
    case Activation::silu:
      return at::silu(x);
    case Activation::gelu:
      break;
  }
  return at::gelu(x);
}

Mlp::Mlp(const Scope& scope, int64_t in, int64_t hidden, int64_t out, bool gated, bool has_bias, Activation activation)
    : fc1(scope / "fc1", in, hidden, has_bias),
      fc2(scope / "fc2", hidden, out, has_bias),
      activation(activation),
      gated(gated) {
  if (gated) fc3 = Linear(scope / "fc3", in, hidden, has_bias);
}

at::Tensor Mlp::operator()(const at::Tensor& x) const {
  if (gated) return fc2(at::silu(fc1(x)) * fc3(x));
  return fc2(activate(fc1(x), activation));
}

}  // namespace asterism::nn
