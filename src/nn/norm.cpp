#include "nn/norm.h"

#include <vector>

#include "base/error.h"
#include "nn/gpu_rows.h"
#include "nn/late_bias.h"

namespace asterism::nn {

LayerNorm::LayerNorm(const Scope& scope, int64_t width, NormBias kind, double epsilon)
    : weight(scope.parameter("weight", {width}, Init::ones())), epsilon(epsilon) {
  if (kind == NormBias::learned) bias = scope.parameter("bias", {width}, Init::zeros());
  if (kind == NormBias::zero_buffer) bias = scope.buffer("bias", at::zeros({width}, scope.dtype()));
}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {weight.size(0)}, weight, bias, epsilon);
}

at::Tensor LayerNorm::for_product(const at::Tensor& x) const {
  if (auto made = norm_on_gpu(x, *this); made.defined()) return made;
  return (*this)(x);
}

at::Tensor LayerNorm::channels_first(const at::Tensor& x) const { return (*this)(x.movedim(1, -1)).movedim(-1, 1); }

SumAndNorm add_norm(const at::Tensor& x, const at::Tensor& y_given, const at::Tensor& gain, const LayerNorm& norm,
                    const at::Tensor& bias) {
  if (auto fused = add_norm_on_gpu(x, y_given, gain, norm, bias); fused.sum.defined()) return fused;
  const auto y = settled({y_given, bias});
  const auto sum = gain.defined() ? at::addcmul(x, y, gain.to(y.scalar_type())) : x + y;
  return {sum, norm(sum)};
}

RmsNorm::RmsNorm(const Scope& scope, int64_t width, double epsilon)
    : weight(scope.parameter("weight", {width}, Init::ones())), epsilon(epsilon) {}

at::Tensor RmsNorm::operator()(const at::Tensor& x) const {
  const auto type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto wide = x.to(type);
  const auto inverse = at::rsqrt(wide.square().mean(-1, true) + epsilon);
  return (wide * inverse * weight).to(x.scalar_type());
}

GroupNorm::GroupNorm(const Scope& scope, int64_t groups, int64_t channels, bool affine, double epsilon)
    : groups(groups), epsilon(epsilon) {
  ASTERISM_CHECK(groups >= 1 && channels % groups == 0, "{} channels in {} groups", channels, groups);
  if (!affine) return;
  weight = scope.parameter("weight", {channels}, Init::ones());
  bias = scope.parameter("bias", {channels}, Init::zeros());
}

at::Tensor GroupNorm::operator()(const at::Tensor& x) const { return at::group_norm(x, groups, weight, bias, epsilon); }

GlobalResponseNorm::GlobalResponseNorm(const Scope& scope, int64_t channels, int64_t spatial_dimensions) {
  std::vector<int64_t> shape(size_t(spatial_dimensions) + 1, 1);
  shape.push_back(channels);
  gamma = scope.parameter("gamma", shape, Init::zeros());
  beta = scope.parameter("beta", shape, Init::zeros());
}

at::Tensor GlobalResponseNorm::operator()(const at::Tensor& x) const {
  std::vector<int64_t> positions;
  for (int64_t i = 1; i + 1 < x.dim(); ++i) positions.push_back(i);
  const auto type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto size = at::linalg_vector_norm(x, 2, positions, true, type);
  const auto relative = size / (size.mean(-1, true) + 1e-6);
  // gamma (x N) + beta + x in one pass over x
  return at::addcmul(beta.to(x.scalar_type()), x, (gamma * relative + 1).to(x.scalar_type()));
}

}  // namespace asterism::nn
