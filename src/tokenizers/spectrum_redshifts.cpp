// What SpectrumTemplates says of every redshift, in cells of ShiftScan's shifts.

#include <algorithm>
#include <cmath>

#include "nn/autocast.h"
#include "tokenizers/spectrum_templates.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kCell = ShiftScan::kPlacesPerShift;

int64_t floored(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

}  // namespace

// Shifts of the first set lie in the middle of their cells; those of others fall where they fall.
std::pair<int64_t, int64_t> SpectrumTemplates::first_cell() const {
  const int64_t phase = templates_.from_zero(0, templates_.places(0) - 1) - kCell / 2;
  int64_t low = INT64_MAX, high = INT64_MIN;
  for (size_t set = 0; set < templates_.sets(); ++set) {
    low = std::min(low, floored(templates_.from_zero(set, 0) - phase, kCell));
    high = std::max(high, floored(templates_.from_zero(set, templates_.places(set) - 1) - phase, kCell));
  }
  return {phase + low * kCell, high - low + 1};
}

at::Tensor SpectrumTemplates::redshift_edges() const {
  const auto [low, cells] = first_cell();
  auto out = at::empty({cells + 1}, at::kDouble);
  for (int64_t i = 0; i <= cells; ++i) out[i] = templates_.redshift_from_zero(double(low + i * kCell));
  return out;
}

SpectrumTemplates::RedshiftScores SpectrumTemplates::redshift_scores(const modalities::Block& block) const {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  at::NoGradGuard no_grad;
  const auto input = prepare(block);
  const auto spreads = spreads_of(input.lsf_ML);
  const auto templates = templates_.on_cpu();
  const ShiftScan scan(templates);
  const auto [flux, weight] = ShiftScan::joined(input.flux_ML, weight_of(input.ivar_ML));
  std::vector<double> blur_M;
  for (int64_t i = 0; i < input.flux_ML.size(0); ++i) blur_M.push_back(spreads.typical(i, input.ivar_ML[i]));
  const auto [low, cells] = first_cell();
  RedshiftScores out{input.rows_M, at::full({flux.size(0), cells}, INFINITY, at::kDouble), {}};
  for (size_t set = 0; set < templates.sets(); ++set) {
    const auto score = scan.scores(set, flux, weight, blur_M);
    const int64_t last = templates.from_zero(set, templates.places(set) - 1);
    for (int64_t s = 0; s < score.size(1); ++s) {
      auto cell = out.score_MS.select(1, floored(last - s * kCell - low, kCell));
      cell.copy_(at::minimum(cell, at::nan_to_num(score.select(1, s), INFINITY)));
    }
  }
  const auto pixels = weight.gt(0).sum(1).clamp_min(1).to(at::kDouble);
  out.excess_M = (std::get<0>(out.score_MS.min(1)) / pixels).clamp_min(1);
  return out;
}

}  // namespace asterism::tokenizers
