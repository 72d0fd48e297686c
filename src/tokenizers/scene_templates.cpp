#include "tokenizers/scene_templates.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "nn/transfer.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kSamples = 9;  // of a band's width
constexpr double kLeastVariance = 1e-12;

}  // namespace

BandWeights::BandWeights(const std::vector<double>& wavelengths_angstrom) {
  for (const double w : wavelengths_angstrom) log_wavelengths_.push_back(std::log(w));
}

at::Tensor BandWeights::of(const std::vector<modalities::Band>& bands, const std::string& reader) const {
  auto out = at::zeros({int64_t(bands.size()), size()}, at::kDouble);
  for (size_t b = 0; b < bands.size(); ++b) {
    auto* row = out.mutable_data_ptr<double>() + int64_t(b) * size();
    if (by_name()) {
      const auto known = std::find(names_.begin(), names_.end(), bands[b].name);
      if (known == names_.end())
        base::user_error("{} was not trained with band '{}', and knows bands by name; the nearest is '{}' of {}.",
                         reader, bands[b].name, base::nearest(bands[b].name, names_), base::quoted_list(names_));
      row[known - names_.begin()] = 1;
      continue;
    }
    const double middle = bands[b].wavelength_angstrom, width = std::max(0.0, double(bands[b].width_angstrom));
    if (!(middle > 0) || !std::isfinite(middle) || !std::isfinite(width))
      base::user_error("{}: band '{}' has no wavelength; bands are known by it.", reader, bands[b].name);
    const auto& knots = log_wavelengths_;
    for (int64_t i = 0; i < kSamples; ++i) {
      const double share = (double(i) + 0.5) / double(kSamples) - 0.5,
                   x = std::log(std::max(0.1 * middle, middle + share * width));
      const auto above = std::upper_bound(knots.begin() + 1, knots.end() - 1, x);
      const auto j = above - knots.begin() - 1;
      const double t = std::clamp((x - knots[size_t(j)]) / (knots[size_t(j) + 1] - knots[size_t(j)]), 0.0, 1.0);
      row[j] += (1 - t) / double(kSamples);
      row[j + 1] += t / double(kSamples);
    }
  }
  return out;
}

SceneTemplates::SceneTemplates(const nn::Scope& scope, SceneKind kind, int64_t directions, int64_t tokens,
                               int64_t token_bits, int64_t wavelengths)
    : kind_(kind),
      templates_(
          scope.parameter("templates", {directions + 1, gaussians_of(kind), wavelengths}, nn::Init::normal(0.01))),
      tokens_(scope, directions, tokens, token_bits) {}

SceneEquations scene_equations(const at::Tensor& templates_KGL, const SceneSums& sums) {
  const auto templates = templates_KGL.to(at::kDouble);
  const auto seen = at::matmul(templates, sums.weights_CL.t()).permute({2, 0, 1});  // [C, K+1, G]
  const auto bright = sums.brightness_M.view({-1, 1, 1, 1});
  const auto across = at::matmul(seen.unsqueeze(0), sums.squares_MCGG * bright.square());  // [M, C, K+1, G]
  const auto matrix = at::matmul(across, seen.transpose(1, 2).unsqueeze(0)).sum(1);        // [M, K+1, K+1]
  const auto products = (sums.products_MCG * sums.brightness_M.view({-1, 1, 1})).unsqueeze(-1);
  const auto right = at::matmul(seen.unsqueeze(0), products).sum(1).squeeze(2);  // [M, K+1]
  const int64_t k = templates.size(0) - 1;
  return {matrix.narrow(1, 1, k).narrow(2, 1, k), right.narrow(1, 1, k) - matrix.narrow(1, 1, k).select(2, 0)};
}

at::Tensor SceneTemplates::code(const SceneSums& sums, double stretch) const {
  at::NoGradGuard no_grad;
  const int64_t k = directions();
  auto [matrix, right] = scene_equations(templates_.detach().to(at::kCPU), sums);
  auto precision = matrix.clone();
  precision.diagonal(0, 1, 2).add_(1 / tokens_.variance().to(at::kDouble).clamp_min(kLeastVariance));
  auto spread = at::cholesky_inverse(at::linalg_cholesky(precision));
  auto z = at::matmul(spread, right.unsqueeze(2)).squeeze(2);
  const auto bits = tokens_.bits();
  std::vector<int64_t> order(size_t(k), 0);
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return bits[size_t(a)] > bits[size_t(b)]; });
  for (const int64_t i : order) {
    const auto own = z.select(1, i).clone(), rounded = tokens_.nearest(i, own / stretch) * stretch;
    const auto column = spread.select(2, i).clone(), share = column.select(1, i).clamp_min(1e-300);
    z = z + column * ((rounded - own) / share).unsqueeze(1);
    z.select(1, i).copy_(rounded);
    spread = spread - at::matmul(column.unsqueeze(2), column.unsqueeze(1)) / share.view({-1, 1, 1});
  }
  return tokens_.ids(z / stretch);
}

at::Tensor SceneTemplates::fluxes(const at::Tensor& ids_MT, const at::Tensor& weights_CL,
                                  const at::Tensor& stretch_M) const {
  auto values = tokens_.values(ids_MT);
  if (stretch_M.defined()) values = values * stretch_M.unsqueeze(1);
  const auto z = nn::sent(values, templates_.device());
  const auto all = at::cat({at::ones_like(z.narrow(1, 0, 1)), z}, 1);
  const auto of_source = at::mm(all, templates_.flatten(1)).view({z.size(0), templates_.size(1), templates_.size(2)});
  const auto weights = nn::sent(weights_CL.to(at::kFloat), templates_.device());
  return at::matmul(of_source, weights.t()).transpose(1, 2);
}

}  // namespace asterism::tokenizers
