#pragma once
// Two Gaussian vectors whose mutual information is known: each number of one is correlated with the same number of the
// other.

#include <ATen/ATen.h>

#include <cmath>

#include "base/random.h"

namespace asterism::eval {

struct GaussianPairs {
  at::Tensor a_ND, b_ND;   // float64
  double information = 0;  // nats: -D/2 ln(1 - correlation^2)
  // ln p(b | a) - ln p(b) of every b with every a, but for what only depends on b: the best scores there are. [N, N]
  at::Tensor scores_NN;
};

inline GaussianPairs gaussian_pairs(int64_t n, int64_t width, double correlation, uint64_t seed = 1) {
  GaussianPairs out;
  out.a_ND = at::empty({n, width}, at::kDouble);
  out.b_ND = at::empty({n, width}, at::kDouble);
  base::Random random(seed, 0, uint64_t(n), "gaussian pairs");
  const double rest = std::sqrt(1 - correlation * correlation);
  for (int64_t i = 0; i < n * width; ++i) {
    const double a = random.normal();
    out.a_ND.mutable_data_ptr<double>()[i] = a;
    out.b_ND.mutable_data_ptr<double>()[i] = correlation * a + rest * random.normal();
  }
  out.information = -0.5 * double(width) * std::log(1 - correlation * correlation);
  const auto prior = 0.5 * out.b_ND.square().sum(1);  // ln p(b) to a constant
  const auto distance = (out.b_ND.unsqueeze(0) - correlation * out.a_ND.unsqueeze(1)).square().sum(2);
  out.scores_NN = prior.unsqueeze(0) - 0.5 * distance / (rest * rest);
  return out;
}

}  // namespace asterism::eval
