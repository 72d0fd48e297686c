#pragma once
// Gaussian posteriors around noisy redshifts, `claimed` times as wide as the noise is.

#include "tests/eval/planted.h"

namespace asterism::eval {

inline void add_posteriors(Planted& planted, double noise, double claimed) {
  constexpr int64_t kBins = 300;
  Posteriors made;
  made.given = "flux_g flux_r";
  for (int64_t k = 0; k <= kBins; ++k) made.edges.push_back(-1 + 3.0 * double(k) / double(kBins));
  const auto n = int64_t(planted.subject.objects.size());
  made.probability_MK = at::empty({n, kBins}, at::kDouble);
  made.present.assign(size_t(n), 1);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(9, 0, uint64_t(i), "posterior");
    const double mean = planted.labels.at("redshift").value[size_t(i)] + noise * random.normal();
    double sum = 0;
    auto* row = made.probability_MK.mutable_data_ptr<double>() + i * kBins;
    for (int64_t k = 0; k < kBins; ++k) {
      const double x = (0.5 * (made.edges[size_t(k)] + made.edges[size_t(k) + 1]) - mean) / (noise * claimed);
      sum += row[k] = std::exp(-0.5 * x * x);
    }
    for (int64_t k = 0; k < kBins; ++k) row[k] /= sum;
  }
  planted.subject.posteriors["redshift"].push_back(std::move(made));
}

}  // namespace asterism::eval
