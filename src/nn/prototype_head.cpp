#include "nn/prototype_head.h"

#include "base/error.h"

namespace asterism::nn {
namespace {

constexpr double kShortest = 1e-6;  // a vector of zeros has no direction

at::Tensor unit(const at::Tensor& x) {
  const auto wide = x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
  return wide / at::linalg_vector_norm(wide, 2, {-1}, true).clamp_min(kShortest);
}

}  // namespace

PrototypeHead::PrototypeHead(const Scope& scope, const PrototypeHeadSettings& s) {
  ASTERISM_CHECK(s.layers >= 1, "a head of {} layers", s.layers);
  const auto start = Init::truncated_normal(0.02);
  for (int64_t i = 0; i < s.layers; ++i) {
    const int64_t in = i == 0 ? s.in : s.hidden, out = i + 1 == s.layers ? s.bottleneck : s.hidden;
    layers.emplace_back(scope / "mlp" / (2 * i), in, out, true, start);
  }
  weight_v = (scope / "last_layer").parameter("weight_v", {s.prototypes, s.bottleneck}, start);
}

at::Tensor PrototypeHead::operator()(const at::Tensor& x_ND) const {
  auto x = x_ND;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (i > 0) x = at::gelu(x);
    x = layers[i](x);
  }
  return unit(x);
}

at::Tensor PrototypeHead::prototypes() const { return unit(weight_v); }

}  // namespace asterism::nn
