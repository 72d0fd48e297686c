#include "nn/mlp.h"

#include <utility>

#include "base/error.h"
#include "nn/narrow_weights.h"
#include "nn/product.h"
#include "nn/swiglu.h"

namespace asterism::nn {
namespace {

constexpr int64_t kFastMultiple = 16;  // products of matrices are slow where the width is none (BLAS on CPUs and GPUs)
constexpr int64_t kFusedRows = 256;    // below, joining the weights costs more than it saves

// Zeros below the rows of a matrix or a vector.
at::Tensor with_rows(const at::Tensor& x, int64_t rows) {
  if (x.size(0) == rows) return x;
  return at::constant_pad_nd(
      x, x.dim() == 2 ? std::vector<int64_t>{0, 0, 0, rows - x.size(0)} : std::vector<int64_t>{0, rows - x.size(0)});
}

// fc2(silu(fc1 x) * fc3 x) for x [R, D] as two products: fc1 and fc3 side by side, the hidden width filled up with
// zeros, which stay zeros (silu(0) * 0) and meet weights of zero.
at::Tensor fused(const Mlp& mlp, const at::Tensor& x_RD) {
  const int64_t hidden = mlp.fc1.weight.size(0), wide = (hidden + kFastMultiple - 1) / kFastMultiple * kFastMultiple;
  const auto weight =
      at::cat({with_rows(for_product(mlp.fc1.weight), wide), with_rows(for_product(mlp.fc3.weight), wide)});
  at::Tensor bias;
  if (mlp.fc1.bias.defined())
    bias = at::cat({with_rows(for_product(mlp.fc1.bias), wide), with_rows(for_product(mlp.fc3.bias), wide)});
  const auto last = for_product(mlp.fc2.weight),
             out = wide == hidden ? last : at::constant_pad_nd(last, {0, wide - hidden});
  return at::linear(swiglu(at::linear(x_RD, weight, bias)), out, for_product(mlp.fc2.bias));
}

}  // namespace

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return at::relu(x);
    case Activation::silu:
      return at::silu(x);
    case Activation::elu:
      return at::elu(x);
    case Activation::leaky_relu:
      return at::leaky_relu(x);
    case Activation::mish:
      return at::mish(x);
    case Activation::hardswish:
      return at::hardswish(x);
    case Activation::tanh:
      return at::tanh(x);
    case Activation::sigmoid:
      return at::sigmoid(x);
    case Activation::softplus:
      return at::softplus(x);
    case Activation::identity:
      return x;
    case Activation::gelu:
      break;
  }
  return at::gelu(x);
}

namespace {

const std::pair<const char*, Activation> kNamed[] = {
    {"GELU", Activation::gelu},
    {"ReLU", Activation::relu},
    {"SiLU", Activation::silu},
    {"ELU", Activation::elu},
    {"LeakyReLU", Activation::leaky_relu},
    {"Mish", Activation::mish},
    {"Hardswish", Activation::hardswish},
    {"Tanh", Activation::tanh},
    {"Sigmoid", Activation::sigmoid},
    {"Softplus", Activation::softplus},
    {"Identity", Activation::identity},
};

}  // namespace

std::vector<std::string> activation_names() {
  std::vector<std::string> out;
  for (const auto& [name, activation] : kNamed) out.emplace_back(name);
  return out;
}

Activation activation_named(const std::string& wanted) {
  for (const auto& [name, activation] : kNamed)
    if (wanted == name) return activation;
  base::user_error("no activation '{}'; the nearest is '{}'", wanted, base::nearest(wanted, activation_names()));
}

Mlp::Mlp(const Scope& scope, int64_t in, int64_t hidden, int64_t out, bool gated, bool has_bias,
         std::optional<Activation> chosen)
    : fc1(scope / "fc1", in, hidden, has_bias),
      fc2(scope / "fc2", hidden, out, has_bias),
      activation(chosen.value_or(gated ? Activation::silu : Activation::gelu)),
      gated(gated) {
  if (gated) fc3 = Linear(scope / "fc3", in, hidden, has_bias);
}

at::Tensor Mlp::operator()(const at::Tensor& x) const {
  if (gated && activation == Activation::silu && x.numel() >= kFusedRows * x.size(-1) && !multiplies_int8(x))
    return fused(*this, x.flatten(0, -2)).unflatten(0, x.sizes().slice(0, size_t(x.dim() - 1)));
  if (gated) return product(fc2, activate(product(fc1, x), activation) * product(fc3, x));
  return product(fc2, activate(product(fc1, x), activation));
}

}  // namespace asterism::nn
