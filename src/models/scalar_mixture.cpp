#include "models/scalar_mixture.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace asterism::models {
namespace {

constexpr int kBisections = 44;      // of a bracket: 2^-44 of its width
constexpr int64_t kNodes = 81;       // of each component, for the CRPS
constexpr double kFarthest = 30;     // of s, before it is turned back: sinh of more is no flux
constexpr double kOutermost = 1e-6;  // probability beyond the outer nodes of a component

at::Tensor doubles(const at::Tensor& x) { return x.detach().to(at::kDouble).cpu().contiguous(); }

// s of the probability levels of each component: [N, K] and [L] -> [N, K L].
at::Tensor component_quantiles(const at::Tensor& place_NK, const at::Tensor& spread_NK, const at::Tensor& level_L) {
  const auto z_L = (level_L / (1 - level_L)).log();
  return (place_NK.unsqueeze(2) + spread_NK.unsqueeze(2) * z_L).flatten(1);
}

}  // namespace

at::Tensor to_scaled(const ScalarScale& scale, const at::Tensor& x) {
  ASTERISM_CHECK(scale.kind != ScaleKind::rank && scale.width > 0, "a scale that is of ranks, or not fitted");
  if (scale.kind == ScaleKind::linear) return (x - scale.centre) / scale.width;
  return (at::asinh(x / scale.softening) - scale.centre) / scale.width;
}

at::Tensor from_scaled(const ScalarScale& scale, const at::Tensor& s) {
  const auto wide = s.clamp(-kFarthest, kFarthest) * scale.width + scale.centre;
  return scale.kind == ScaleKind::linear ? wide : at::sinh(wide.clamp(-80, 80)) * scale.softening;
}

at::Tensor log_slope(const ScalarScale& scale, const at::Tensor& x) {
  if (scale.kind == ScaleKind::linear) return at::full_like(x, -std::log(scale.width));
  return -(at::hypot(x, at::full_like(x, scale.softening)) * scale.width).log();
}

at::Tensor logistic_mixture_loss_R(const at::Tensor& log_weight_RK, const at::Tensor& place_RK,
                                   const at::Tensor& log_spread_RK, const at::Tensor& s_R) {
  const auto z = (s_R.unsqueeze(1) - place_RK) * (-log_spread_RK).exp();
  const auto log_density = -z - 2 * at::softplus(-z) - log_spread_RK;
  return -at::logsumexp(at::log_softmax(log_weight_RK, 1) + log_density, 1);
}

ScalarMixture::ScalarMixture(const ScalarScale& scale, const at::Tensor& log_weight_NK, const at::Tensor& place_NK,
                             const at::Tensor& spread_NK)
    : scale_(scale),
      log_weight_NK_(at::log_softmax(doubles(log_weight_NK), 1)),
      place_NK_(doubles(place_NK)),
      spread_NK_(doubles(spread_NK)) {
  ASTERISM_CHECK(scale.kind != ScaleKind::rank, "a mixture on a scale of ranks");
  ASTERISM_CHECK(
      place_NK_.dim() == 2 && place_NK_.sizes() == spread_NK_.sizes() && place_NK_.sizes() == log_weight_NK_.sizes(),
      "{} places, {} spreads, {} weights", place_NK_.numel(), spread_NK_.numel(), log_weight_NK_.numel());
}

ScalarMixture ScalarMixture::average(const std::vector<ScalarMixture>& mixtures) {
  ASTERISM_CHECK(!mixtures.empty(), "the average of no mixtures");
  std::vector<at::Tensor> weights, places, spreads;
  for (const auto& m : mixtures) {
    weights.push_back(m.log_weight_NK_ - std::log(double(mixtures.size())));
    places.push_back(m.place_NK_);
    spreads.push_back(m.spread_NK_);
  }
  return {mixtures[0].scale_, at::cat(weights, 1), at::cat(places, 1), at::cat(spreads, 1)};
}

ScalarMixture ScalarMixture::widened(double factor) const {
  return {scale_, log_weight_NK_, place_NK_, spread_NK_ * factor};
}

ScalarMixture ScalarMixture::widened(const at::Tensor& factor_N1) const {
  return {scale_, log_weight_NK_, place_NK_, spread_NK_ * factor_N1};
}

at::Tensor ScalarMixture::scaled_cdf(const at::Tensor& s_NQ) const {
  auto out = at::zeros_like(s_NQ);
  for (int64_t k = 0; k < place_NK_.size(1); ++k) {
    const auto one = [k](const at::Tensor& x_NK) { return x_NK.narrow(1, k, 1); };
    out.add_(at::sigmoid((s_NQ - one(place_NK_)) / one(spread_NK_)) * one(log_weight_NK_).exp());
  }
  return out.clamp_(0, 1);
}

at::Tensor ScalarMixture::cdf_NQ(const at::Tensor& x_NQ) const { return scaled_cdf(to_scaled(scale_, doubles(x_NQ))); }

at::Tensor ScalarMixture::log_density_N(const at::Tensor& x_N) const {
  const auto x = doubles(x_N);
  ASTERISM_CHECK(x.dim() == 1 && x.size(0) == rows(), "{} truths for {} mixtures", x.numel(), rows());
  return log_slope(scale_, x) -
         logistic_mixture_loss_R(log_weight_NK_, place_NK_, spread_NK_.log(), to_scaled(scale_, x));
}

at::Tensor ScalarMixture::quantile_NQ(const at::Tensor& probability_NQ) const {
  const auto wanted = doubles(probability_NQ);
  const auto z = (wanted / (1 - wanted)).log();
  // the quantile of a mixture lies between the smallest and the largest of its components'
  auto low = at::full_like(wanted, kFarthest), high = at::full_like(wanted, -kFarthest);
  for (int64_t k = 0; k < place_NK_.size(1); ++k) {
    const auto of_component = place_NK_.narrow(1, k, 1) + spread_NK_.narrow(1, k, 1) * z;
    low = at::minimum(low, of_component);
    high = at::maximum(high, of_component);
  }
  for (int i = 0; i < kBisections; ++i) {
    const auto middle = 0.5 * (low + high);
    const auto below = scaled_cdf(middle) < wanted;
    low = at::where(below, middle, low);
    high = at::where(below, high, middle);
  }
  return from_scaled(scale_, 0.5 * (low + high));
}

at::Tensor ScalarMixture::crps_N(const at::Tensor& x_N, double low, double high) const {
  const auto ends = to_scaled(scale_, at::tensor({low, high}, at::kDouble)).clamp(-kFarthest, kFarthest);
  const auto within = [&](const at::Tensor& s) { return s.clamp(ends[0].item<double>(), ends[1].item<double>()); };
  const auto given = doubles(x_N);
  const auto truth = within(to_scaled(scale_, given).unsqueeze(1));
  const auto edge = std::log(kOutermost / (1 - kOutermost));
  const auto levels = at::sigmoid(at::linspace(edge, -edge, kNodes, at::kDouble));
  auto nodes = at::cat({within(component_quantiles(place_NK_, spread_NK_, levels)), truth}, 1);
  nodes = std::get<0>(nodes.sort(1));
  const int64_t q = nodes.size(1) - 1;
  const auto f = scaled_cdf(nodes), x = from_scaled(scale_, nodes);
  const auto f0 = f.narrow(1, 0, q), f1 = f.narrow(1, 1, q), step = x.narrow(1, 1, q) - x.narrow(1, 0, q);
  const auto square = [](const at::Tensor& a, const at::Tensor& b) { return (a.square() + a * b + b.square()) / 3; };
  const auto above = nodes.narrow(1, 0, q).ge(truth);
  const auto beyond = (low - given).clamp_min(0) + (given - high).clamp_min(0);
  return (at::where(above, square(1 - f0, 1 - f1), square(f0, f1)) * step).sum(1) + beyond;
}

at::Tensor ScalarMixture::sample_NS(int64_t samples, uint64_t seed, const std::vector<uint64_t>& objects) const {
  ASTERISM_CHECK(int64_t(objects.size()) == rows(), "{} objects for {} rows", objects.size(), rows());
  const int64_t components = place_NK_.size(1);
  auto out = at::empty({rows(), samples}, at::kDouble);
  const auto weight = log_weight_NK_.exp().contiguous();
  for (int64_t i = 0; i < rows(); ++i) {
    base::Random random(seed, 0, objects[size_t(i)], "sample");
    const double* w = weight.const_data_ptr<double>() + i * components;
    const double* place = place_NK_.const_data_ptr<double>() + i * components;
    const double* spread = spread_NK_.const_data_ptr<double>() + i * components;
    for (int64_t s = 0; s < samples; ++s) {
      double left = random.uniform();
      int64_t k = 0;
      while (k + 1 < components && (left -= w[k]) >= 0) ++k;
      const double u = std::clamp(random.uniform(), 1e-16, 1 - 1e-16);
      out.data_ptr<double>()[i * samples + s] = place[k] + spread[k] * std::log(u / (1 - u));
    }
  }
  return from_scaled(scale_, out);
}

}  // namespace asterism::models
