// The means of SpectrumTemplates moved by what they leave of a few spectra of known redshift.

#include <algorithm>
#include <cmath>

#include "nn/autocast.h"
#include "nn/nothing_to_learn.h"
#include "tokenizers/spectrum_templates.h"

namespace asterism::tokenizers {

namespace {

constexpr int kRounds = 2;
constexpr double kMostWeight = 25;        // of a pixel: beyond a signal-to-noise of 5 spectra count alike
constexpr double kSmoothPixels = 4;       // standard deviation of the Gaussian by which neighbours are joined
constexpr double kSpectraOfThePrior = 1;  // so many spectra say that a mean is right as it is

// Sums of neighbours, weighted by a Gaussian of height 1.
at::Tensor smoothed(const at::Tensor& x) {
  const auto reach = int64_t(std::ceil(3 * kSmoothPixels));
  const auto kernel = at::exp(-0.5 * (at::arange(-reach, reach + 1, at::kDouble) / kSmoothPixels).square());
  return at::mv(at::constant_pad_nd(x, {reach, reach}).unfold(0, 2 * reach + 1, 1), kernel);
}

}  // namespace

int64_t SpectrumTemplates::learn_means(const modalities::Block& block, const std::vector<double>& redshifts) {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  at::NoGradGuard no_grad;
  const auto input = prepare(block);
  auto spreads = spreads_of(input.lsf_ML);
  const auto weight = weight_of(input.ivar_ML);
  auto templates = templates_.on_cpu();
  const int64_t pixels = templates.pixels();
  int64_t used = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<at::Tensor> sum, count;
    for (size_t set = 0; set < templates.sets(); ++set) {
      sum.push_back(at::zeros({templates.templates(set).size(1)}, at::kDouble));
      count.push_back(at::zeros_like(sum.back()));
    }
    used = 0;
    for (int64_t i = 0; i < input.rows_M.size(0); ++i) {
      const double z = redshifts[size_t(input.rows_M[i].item<int64_t>())];
      Found found;
      const auto blur = spreads.of(i);
      if (!std::isfinite(z) || !ShiftScan::at(templates, z, input.flux_ML[i], weight[i], found, blur)) continue;
      ++used;
      const auto drawn = templates.draw(found.set, found.place, found.u_K);
      const auto left = input.flux_ML[i] - (blur ? blur->of(drawn) : drawn);
      const auto heed = weight[i].clamp_max(kMostWeight).to(at::kDouble);
      const auto first = int64_t(std::llround(templates.offset(found.set, found.place)));
      sum[found.set].narrow(0, first, pixels).add_(heed * left.to(at::kDouble));
      count[found.set].narrow(0, first, pixels).add_(heed);
    }
    const double prior = kSpectraOfThePrior * kMostWeight * smoothed(at::ones({64}, at::kDouble)).max().item<double>();
    for (size_t set = 0; set < templates.sets(); ++set)
      templates.templates(set)[0].add_((smoothed(sum[set]) / (smoothed(count[set]) + prior)).to(at::kFloat));
  }
  if (used == 0) nn::nothing_to_learn("spectrum_templates: no spectrum has a redshift that a set reaches");
  for (size_t set = 0; set < templates.sets(); ++set) templates_.templates(set).copy_(templates.templates(set));
  return used;
}

}  // namespace asterism::tokenizers
