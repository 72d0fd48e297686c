#include "nn/mlp.h"

#include <utility>

#include "base/error.h"
#include "nn/narrow_weights.h"
#include "nn/product.h"
#include "nn/swiglu.h"
#include "nn/tile_linear.h"

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
  return linear_product(swiglu(linear_product(x_RD, weight, bias)), out, for_product(mlp.fc2.bias));
}

}  // namespace

namespace {

struct Named {
  Activation activation;
  const char* name;
  at::Tensor (*act)(const at::Tensor& x);
};

const Named kNamed[] = {
    {Activation::gelu, "GELU", [](const at::Tensor& x) { return at::gelu(x); }},
    {Activation::relu, "ReLU", [](const at::Tensor& x) { return at::relu(x); }},
    {Activation::silu, "SiLU", [](const at::Tensor& x) { return at::silu(x); }},
    {Activation::elu, "ELU", [](const at::Tensor& x) { return at::elu(x); }},
    {Activation::leaky_relu, "LeakyReLU", [](const at::Tensor& x) { return at::leaky_relu(x); }},
    {Activation::mish, "Mish", [](const at::Tensor& x) { return at::mish(x); }},
    {Activation::hardswish, "Hardswish", [](const at::Tensor& x) { return at::hardswish(x); }},
    {Activation::tanh, "Tanh", [](const at::Tensor& x) { return at::tanh(x); }},
    {Activation::sigmoid, "Sigmoid", [](const at::Tensor& x) { return at::sigmoid(x); }},
    {Activation::softplus, "Softplus", [](const at::Tensor& x) { return at::softplus(x); }},
    {Activation::identity, "Identity", [](const at::Tensor& x) { return x; }},
    {Activation::relu6, "ReLU6", [](const at::Tensor& x) { return at::relu6(x); }},
    {Activation::selu, "SELU", [](const at::Tensor& x) { return at::selu(x); }},
    {Activation::celu, "CELU", [](const at::Tensor& x) { return at::celu(x); }},
    {Activation::softsign, "Softsign", [](const at::Tensor& x) { return x / (x.abs() + 1); }},
    {Activation::hardtanh, "Hardtanh", [](const at::Tensor& x) { return at::hardtanh(x); }},
    {Activation::hardsigmoid, "Hardsigmoid", [](const at::Tensor& x) { return at::hardsigmoid(x); }},
    {Activation::log_sigmoid, "LogSigmoid", [](const at::Tensor& x) { return at::log_sigmoid(x); }},
    {Activation::tanhshrink, "Tanhshrink", [](const at::Tensor& x) { return x - at::tanh(x); }},
    {Activation::softshrink, "Softshrink", [](const at::Tensor& x) { return at::softshrink(x); }},
    {Activation::hardshrink, "Hardshrink", [](const at::Tensor& x) { return at::hardshrink(x); }},
};

}  // namespace

at::Tensor activate(const at::Tensor& x, Activation activation) {
  for (const auto& one : kNamed)
    if (one.activation == activation) return one.act(x);
  ASTERISM_CHECK(false, "no activation {}", int(activation));
}

std::vector<std::string> activation_names() {
  std::vector<std::string> out;
  for (const auto& one : kNamed) out.emplace_back(one.name);
  return out;
}

Activation activation_named(const std::string& wanted) {
  for (const auto& one : kNamed)
    if (wanted == one.name) return one.activation;
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
