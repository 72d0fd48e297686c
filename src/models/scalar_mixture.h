#pragma once
// A continuous distribution of a scalar x: a mixture of K logistic distributions of its scaled value s (linear or
// asinh, see scalar_scale.h). Its distribution function, density and draws have closed forms, and its tails are
// exponential: a far truth costs |s| / spread nats, not its square. Letters: N objects, K components, Q numbers asked
// of each object.

#include <ATen/ATen.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "models/scalar_scale.h"

namespace asterism::models {

class ScalarMixture {
 public:
  // [N, K] each, kept as float64 on the CPU: ln weight up to a constant of the row, place and spread (> 0) in s.
  // CheckError for a rank scale: its density would jump.
  ScalarMixture(const ScalarScale& scale, const at::Tensor& log_weight_NK, const at::Tensor& place_NK,
                const at::Tensor& spread_NK);

  int64_t rows() const { return place_NK_.size(0); }

  // Equal parts of several answers to the same N questions.
  static ScalarMixture average(const std::vector<ScalarMixture>& mixtures);
  ScalarMixture widened(double factor) const;  // the spreads times this
  ScalarMixture widened(const at::Tensor& factor_N1) const;

  at::Tensor cdf_NQ(const at::Tensor& x_NQ) const;                 // P(value <= x)
  at::Tensor log_density_N(const at::Tensor& x_N) const;           // ln p(x), 1/unit of x
  at::Tensor quantile_NQ(const at::Tensor& probability_NQ) const;  // by bisection, to 1e-12 of the bracket
  // integral of (CDF - step at x)^2 over x, in the unit of x; between nodes at quantiles of the components, where the
  // CDF is taken as linear (relative error about 1e-4). Of the distribution between low and high, what it has beyond
  // them put there: a tail of an asinh scale is a power of x, and the integral to infinity need not be finite.
  at::Tensor crps_N(const at::Tensor& x_N, double low = -std::numeric_limits<double>::infinity(),
                    double high = std::numeric_limits<double>::infinity()) const;
  // Row i draws from the stream (seed, object_i, "sample"): the same whatever the other rows are.
  at::Tensor sample_NS(int64_t samples, uint64_t seed, const std::vector<uint64_t>& objects) const;

 private:
  ScalarMixture() = default;
  at::Tensor scaled_cdf(const at::Tensor& s_NQ) const;
  ScalarScale scale_;
  at::Tensor log_weight_NK_, place_NK_, spread_NK_;
};

// -ln of the density of scaled values s_R in a mixture of logistic distributions [R, K], one a row; differentiable.
// log_weight up to a constant of the row.
at::Tensor logistic_mixture_loss_R(const at::Tensor& log_weight_RK, const at::Tensor& place_RK,
                                   const at::Tensor& log_spread_RK, const at::Tensor& s_R);

// Of linear and asinh scales, not clipped: s of x, x of s, and ln |ds / dx| at x. float64, any shape.
at::Tensor to_scaled(const ScalarScale& scale, const at::Tensor& x);
at::Tensor from_scaled(const ScalarScale& scale, const at::Tensor& s);
at::Tensor log_slope(const ScalarScale& scale, const at::Tensor& x);

}  // namespace asterism::models
