#include "models/posterior.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"
#include "models/class_bins.h"

namespace asterism::models {
namespace {

at::Tensor rows_of(const at::Tensor& truth_N, int64_t n) {
  auto truth = truth_N.to(at::kDouble).contiguous();
  ASTERISM_CHECK(truth.dim() == 1 && truth.size(0) == n, "{} truths for {} posteriors", truth.numel(), n);
  return truth;
}

bool of_classes(const at::Tensor& edges_E) {
  return are_classes({edges_E.const_data_ptr<double>(), size_t(edges_E.numel())});
}

at::Tensor binned(const ScalarMixture& mixture, const at::Tensor& edges_E) {
  const auto inner = edges_E.narrow(0, 1, edges_E.size(0) - 2).to(at::kDouble).unsqueeze(0);
  const auto cdf = mixture.cdf_NQ(inner.expand({mixture.rows(), inner.size(1)}));
  const auto zero = at::zeros({mixture.rows(), 1}, at::kDouble);
  return at::cat({zero, cdf, zero + 1}, 1).diff(1, 1).clamp_min(0);
}

}  // namespace

ScalarPosterior::ScalarPosterior(ScalarMixture mixture, const at::Tensor& edges_E, std::string unit)
    : ScalarPosterior(binned(mixture, edges_E), edges_E, std::move(unit)) {
  mixture_ = std::move(mixture);
}

ScalarPosterior::ScalarPosterior(const at::Tensor& probability_NK, const at::Tensor& edges_E, std::string unit)
    : probability_NK_(probability_NK.to(at::kDouble).cpu().contiguous()),
      edges_E_(edges_E.to(at::kDouble).cpu().contiguous()),
      unit_(std::move(unit)) {
  ASTERISM_CHECK(probability_NK_.dim() == 2 && edges_E_.dim() == 1 && edges_E_.size(0) == probability_NK_.size(1) + 1,
                 "{} edges for {} bins", edges_E_.numel(), probability_NK_.size(-1));
  probability_NK_ = probability_NK_ / probability_NK_.sum(1, true);
}

at::Tensor ScalarPosterior::centres_K() const {
  const int64_t k = edges_E_.size(0) - 1;
  return 0.5 * (edges_E_.narrow(0, 0, k) + edges_E_.narrow(0, 1, k));
}

at::Tensor ScalarPosterior::mean_N() const { return at::mv(probability_NK_, centres_K()); }

at::Tensor ScalarPosterior::standard_deviation_N() const {
  // About the mean: of a date in days, squares of the values themselves would leave no digit of it.
  const auto from_mean_NK = centres_K().unsqueeze(0) - mean_N().unsqueeze(1);
  const auto inside_K = edges_E_.diff().square() / 12;  // of a uniform density in the bin
  return (probability_NK_ * (from_mean_NK.square() + inside_K)).sum(1).sqrt();
}

at::Tensor ScalarPosterior::density_NK() const { return probability_NK_ / edges_E_.diff(); }

at::Tensor ScalarPosterior::mode_N() const {
  if (of_classes(edges_E_)) return probability_NK_.argmax(1).to(at::kDouble);
  constexpr double kShare = 0.1;
  const auto cumulative = cumulative_NE().contiguous(), edges = edges_E_.contiguous();
  const auto E = edges.size(0);
  const double* e = edges.const_data_ptr<double>();
  auto out = at::empty({rows()}, at::kDouble);
  for (int64_t i = 0; i < rows(); ++i) {
    const double* f = cumulative.const_data_ptr<double>() + i * E;
    const auto place = [&](double p) {  // where the cumulative reaches p
      const auto right = std::clamp<int64_t>(std::lower_bound(f, f + E, p) - f, 1, E - 1);
      const double inside = f[right] - f[right - 1];
      return e[right - 1] +
             (inside > 0 ? std::clamp((p - f[right - 1]) / inside, 0.0, 1.0) : 0) * (e[right] - e[right - 1]);
    };
    // The density is constant inside bins, so the shortest interval of a share begins or ends at an edge.
    double shortest = std::numeric_limits<double>::infinity(), middle = 0;
    const auto consider = [&](double low, double high) {
      if (high - low < shortest * (1 - 1e-12)) shortest = high - low, middle = 0.5 * (low + high);
    };
    for (int64_t k = 0; k < E; ++k) {
      if (f[k] + kShare <= f[E - 1]) consider(e[k], place(f[k] + kShare));
      if (f[k] - kShare >= 0) consider(place(f[k] - kShare), e[k]);
    }
    out.data_ptr<double>()[i] = middle;
  }
  return out;
}

at::Tensor ScalarPosterior::cumulative_NE() const {
  return at::cat({at::zeros({rows(), 1}, at::kDouble), probability_NK_.cumsum(1)}, 1).clamp_max(1);
}

at::Tensor ScalarPosterior::quantile_N(double probability) const {
  if (!(probability > 0 && probability < 1))
    base::user_error("a quantile of {}: choose one between 0 and 1", probability);
  if (mixture_) return mixture_->quantile_NQ(at::full({rows(), 1}, probability, at::kDouble)).squeeze(1);
  const auto cumulative = cumulative_NE();
  const int64_t k = probability_NK_.size(1);
  const auto wanted = at::full({rows(), 1}, probability, at::kDouble);
  const auto bin = (at::searchsorted(cumulative, wanted, false, false) - 1).clamp(0, k - 1);
  const auto before = cumulative.gather(1, bin), inside = probability_NK_.gather(1, bin);
  const auto share =
      at::where(inside > 0, (wanted - before) / inside.clamp_min(1e-300), at::full_like(inside, 0.5)).clamp(0, 1);
  const auto flat = bin.flatten();
  const auto low = edges_E_.index_select(0, flat), high = edges_E_.index_select(0, flat + 1);
  return low + share.flatten() * (high - low);
}

at::Tensor ScalarPosterior::log_mass_N(const at::Tensor& truth_N) const {
  const auto truth = rows_of(truth_N, rows());
  const int64_t k = probability_NK_.size(1);
  const auto bin = at::searchsorted(edges_E_, truth, false, true) - 1;
  const auto at_top = truth == edges_E_[k];  // the last bin holds its upper edge
  const auto inside = (bin >= 0).logical_and((bin < k).logical_or(at_top));
  const auto mass = probability_NK_.gather(1, bin.clamp(0, k - 1).unsqueeze(1)).squeeze(1);
  return at::where(inside, mass.log(), at::full_like(mass, -std::numeric_limits<double>::infinity()));
}

at::Tensor ScalarPosterior::log_density_N(const at::Tensor& truth_N) const {
  const auto truth = rows_of(truth_N, rows());
  if (mixture_) return mixture_->log_density_N(truth);
  const int64_t k = probability_NK_.size(1);
  const auto bin = (at::searchsorted(edges_E_, truth, false, true) - 1).clamp(0, k - 1);
  return log_mass_N(truth) - edges_E_.diff().index_select(0, bin).log();
}

at::Tensor ScalarPosterior::cdf_N(const at::Tensor& truth_N) const {
  const auto truth = rows_of(truth_N, rows());
  if (mixture_) return mixture_->cdf_NQ(truth.unsqueeze(1)).squeeze(1);
  const int64_t k = probability_NK_.size(1);
  const auto bin = (at::searchsorted(edges_E_, truth, false, true) - 1).clamp(0, k - 1);
  const auto low = edges_E_.index_select(0, bin), high = edges_E_.index_select(0, bin + 1);
  const auto share = ((truth - low) / (high - low)).clamp(0, 1);
  const auto column = bin.unsqueeze(1);
  return cumulative_NE().gather(1, column).squeeze(1) + share * probability_NK_.gather(1, column).squeeze(1);
}

at::Tensor ScalarPosterior::crps_N(const at::Tensor& truth_N) const {
  // Inside a bin the CDF is linear, F = a + b t: the integral of its square is exact. A truth inside a bin cuts it in
  // two.
  const auto truth = rows_of(truth_N, rows());
  if (mixture_) return mixture_->crps_N(truth, edges_E_[0].item<double>(), edges_E_[-1].item<double>());
  const auto cumulative = cumulative_NE();
  const int64_t k = probability_NK_.size(1);
  const auto low = edges_E_.narrow(0, 0, k).unsqueeze(0), high = edges_E_.narrow(0, 1, k).unsqueeze(0);
  const auto cut = at::min(at::max(truth.unsqueeze(1), low), high);
  const auto f0 = cumulative.narrow(1, 0, k), f1 = cumulative.narrow(1, 1, k);
  const auto fc = f0 + (f1 - f0) * (cut - low) / (high - low);
  auto square = [](const at::Tensor& a, const at::Tensor& b) { return (a.square() + a * b + b.square()) / 3; };
  const auto below = square(f0, fc) * (cut - low), above = square(1 - fc, 1 - f1) * (high - cut);
  const auto outside = (edges_E_[0] - truth).clamp_min(0) + (truth - edges_E_[k]).clamp_min(0);
  return (below + above).sum(1) + outside;
}

at::Tensor ScalarPosterior::sample_NS(int64_t samples, uint64_t seed, const std::vector<uint64_t>& objects) const {
  ASTERISM_CHECK(int64_t(objects.size()) == rows(), "{} objects for {} rows", objects.size(), rows());
  if (mixture_) return mixture_->sample_NS(samples, seed, objects);
  auto uniform = at::empty({rows(), samples}, at::kDouble);
  for (int64_t i = 0; i < rows(); ++i) {
    base::Random random(seed, 0, objects[size_t(i)], "sample");
    for (int64_t s = 0; s < samples; ++s) uniform.data_ptr<double>()[i * samples + s] = random.uniform();
  }
  const auto cumulative = cumulative_NE();
  const int64_t k = probability_NK_.size(1);
  uniform = uniform * cumulative.narrow(1, k, 1);  // rounding: the last entry may be 1 - 1e-16
  const auto bin = (at::searchsorted(cumulative, uniform, false, true) - 1).clamp(0, k - 1);
  if (of_classes(edges_E_)) return bin.to(at::kDouble);
  const auto before = cumulative.gather(1, bin), inside = probability_NK_.gather(1, bin);
  const auto share = ((uniform - before) / inside.clamp_min(1e-300)).clamp(0, 1);
  const auto flat = bin.flatten();
  const auto low = edges_E_.index_select(0, flat).view_as(share),
             high = edges_E_.index_select(0, flat + 1).view_as(share);
  return low + share * (high - low);
}

}  // namespace asterism::models
