#include "tokenizers/rest_templates.h"

#include <cmath>

#include "base/error.h"

namespace asterism::tokenizers {

RestTemplates::RestTemplates(const nn::Scope& scope, std::vector<TemplateSet> sets, int64_t pixels, double log_step)
    : sets_(std::move(sets)), pixels_(pixels), log_step_(log_step) {
  const auto steps = [&](double redshift) { return std::log1p(redshift) / log_step_ * double(kPlacesPerPixel); };
  for (size_t i = 0; i < sets_.size(); ++i) {
    const auto& set = sets_[i];
    ASTERISM_CHECK(set.redshift_low > -1 && set.redshift_low < set.redshift_high && set.directions > 0, "set {}", i);
    lowest_.push_back(int64_t(std::floor(steps(set.redshift_low))));
    places_.push_back(int64_t(std::ceil(steps(set.redshift_high))) - lowest_.back() + 1);
    const int64_t rest = pixels_ + (places_.back() - 1) / kPlacesPerPixel + 2;
    templates_.push_back(
        (scope / int64_t(i)).parameter("templates", {set.directions + 1, rest}, nn::Init::normal(0.3)));
    at::NoGradGuard no_grad;
    templates_.back().select(0, 0).fill_(1);
  }
}

RestTemplates RestTemplates::on_cpu() const {
  auto out = *this;
  for (auto& one : out.templates_) one = one.detach().cpu();
  return out;
}

double RestTemplates::redshift(size_t set, int64_t place) const {
  return redshift_from_zero(double(from_zero(set, place)));
}

double RestTemplates::redshift_from_zero(double places) const {
  return std::expm1(places / double(kPlacesPerPixel) * log_step_);
}

int64_t RestTemplates::place(size_t set, double redshift) const {
  if (!(redshift >= sets_[set].redshift_low && redshift <= sets_[set].redshift_high)) return -1;
  return std::llround(std::log1p(redshift) / log_step_ * double(kPlacesPerPixel)) - lowest_[set];
}

double RestTemplates::offset(size_t set, int64_t place) const {
  return double(places_[set] - 1 - place) / double(kPlacesPerPixel);
}

at::Tensor RestTemplates::seen(size_t set, int64_t place) const {
  const double from = offset(set, place);
  const auto whole = int64_t(std::floor(from));
  const auto window = templates_[set].narrow(1, whole, pixels_ + 1);
  const auto left = window.narrow(1, 0, pixels_);
  return from > double(whole) ? at::lerp(left, window.narrow(1, 1, pixels_), from - double(whole)) : left;
}

TemplateFit RestTemplates::fit(size_t set, const std::vector<int64_t>& places, const at::Tensor& flux_ML,
                               const at::Tensor& weight_ML, bool with_spread, const Blurs& blurs) const {
  const int64_t m = flux_ML.size(0), k = directions(set);
  const auto gram = at::empty({m, k, k}, flux_ML.options()), right = at::empty({m, k}, flux_ML.options());
  std::vector<at::Tensor> windows;  // one by one: a window is a view, a batch of them would be copied
  windows.reserve(places.size());
  for (int64_t i = 0; i < m; ++i) {
    windows.push_back(seen(set, places[size_t(i)]));
    if (!blurs.empty() && blurs[size_t(i)]) windows.back() = blurs[size_t(i)]->of(windows.back());
    const auto directions_KL = windows.back().narrow(0, 1, k), weighted = directions_KL * weight_ML[i];
    gram[i] = at::mm(weighted, directions_KL.t());
    right[i] = at::mv(weighted, flux_ML[i] - windows.back()[0]);
  }
  const auto root = at::linalg_cholesky(gram.to(at::kDouble) + at::eye(k, at::kDouble));
  TemplateFit out;
  out.u_MK = at::cholesky_solve(right.to(at::kDouble).unsqueeze(2), root).squeeze(2);
  if (with_spread) out.spread_MKK = at::cholesky_inverse(root);
  out.score_M = out.u_MK.square().sum(1) + 2 * root.diagonal(0, 1, 2).log().sum(1);
  const auto u = out.u_MK.to(flux_ML.scalar_type());
  for (int64_t i = 0; i < m; ++i) {  // from what is left over: the difference of large sums would be rounding
    const auto& window = windows[size_t(i)];
    const auto left = flux_ML[i] - window[0] - at::mv(window.narrow(0, 1, k).t(), u[i]);
    out.score_M[i] += (left.square() * weight_ML[i]).sum(at::kDouble);
  }
  return out;
}

at::Tensor RestTemplates::draw(size_t set, int64_t place, const at::Tensor& u_K) const {
  const auto all = at::cat({at::ones({1}, u_K.options()), u_K}).to(templates_[set].options());
  const double from = offset(set, place);
  const auto whole = int64_t(std::floor(from));
  const auto window = at::mv(templates_[set].narrow(1, whole, pixels_ + 1).t(), all);
  return at::lerp(window.narrow(0, 0, pixels_), window.narrow(0, 1, pixels_), from - double(whole));
}

}  // namespace asterism::tokenizers
