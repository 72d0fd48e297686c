#include "models/mixture_head.h"

#include <cmath>

#include "base/error.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

constexpr double kWidestPlace = 1.5;  // of the first places: -1.5 .. 1.5 in units of the scale
constexpr double kFirstSpread = 0.5;
constexpr double kLeastSpread = 1e-3, kMostSpread = 20;  // a spike on one training value must not own the loss

}  // namespace

MixtureHead::MixtureHead(const nn::Scope& scope, std::string modality, std::string scale, int64_t components,
                         int64_t width)
    : modality_(std::move(modality)),
      wanted_scale_(std::move(scale)),
      to_mixture_(scope / "to_mixture", width, 3 * components, true, nn::Init::normal(0.02)),
      first_places_K_(scope.constant(components == 1
                                         ? at::zeros({1}, scope.dtype())
                                         : at::linspace(-kWidestPlace, kWidestPlace, components, scope.dtype()))),
      scale_4_(scope.statistic("scale", at::tensor({0.0, 0.0, 0.0, 1.0}, at::kDouble))) {}

ScalarScale MixtureHead::scale() const {
  const double* s = scale_4_.const_data_ptr<double>();
  if (!(s[2] > 0))
    base::user_error("the model has no scale for '{}' yet: call fit (training does) before using it", modality_);
  return {ScaleKind(int64_t(s[0])), s[1], s[2], s[3], nullptr};
}

void MixtureHead::fit(const modalities::ScalarBlock& block) {
  double* s = scale_4_.data_ptr<double>();
  if (s[2] > 0) return;
  const auto scale = fit_scale(modality_, block, wanted_scale_, nullptr);
  s[0] = double(int64_t(scale.kind));
  s[1] = scale.centre;
  s[2] = scale.width;
  s[3] = scale.softening;
}

MixtureHead::Parts MixtureHead::parts(const at::Tensor& x_RD) const {
  auto y = to_mixture_(x_RD);
  if (y.scalar_type() != at::kDouble) y = y.to(at::kFloat);
  const auto thirds = y.chunk(3, 1);
  return {thirds[0], thirds[1] + first_places_K_.to(y.options().requires_grad(false)),
          (thirds[2] + std::log(kFirstSpread)).clamp(std::log(kLeastSpread), std::log(kMostSpread))};
}

at::Tensor MixtureHead::log_p(const at::Tensor& x_RD, const at::Tensor& value_R) const {
  const auto p = parts(x_RD);
  const auto s_R = to_scaled(scale(), nn::onto(x_RD.device(), value_R.to(at::kDouble))).to(p.place_RK.scalar_type());
  return -logistic_mixture_loss_R(p.log_weight_RK, p.place_RK, p.log_spread_RK, s_R);
}

ScalarMixture MixtureHead::mixture(const at::Tensor& x_RD) const {
  const auto p = parts(x_RD);
  return {scale(), p.log_weight_RK, p.place_RK, p.log_spread_RK.exp()};
}

}  // namespace asterism::models
