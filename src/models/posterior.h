#pragma once
// The posterior of a scalar: a histogram of probabilities on bins, and everything an astronomer asks of it. The density
// is constant inside a bin. Or a continuous mixture (scalar_mixture.h): then quantiles, density, CDF, CRPS and draws
// are the mixture's own, and the bins, which hold its tails in the outer ones, give the rest (moments, mode, what is
// written to files). Letters: N objects, K bins, S samples, Q probabilities.

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/scalar_mixture.h"

namespace asterism::models {

class ScalarPosterior {
 public:
  // probability_NK sums to 1 along K (float32 or float64); edges_E (float64, K + 1, strictly increasing) in `unit`.
  ScalarPosterior(const at::Tensor& probability_NK, const at::Tensor& edges_E, std::string unit = "");

  // The mixture's share of each bin.
  ScalarPosterior(ScalarMixture mixture, const at::Tensor& edges_E, std::string unit = "");

  const at::Tensor& probability_NK() const { return probability_NK_; }  // float64
  const at::Tensor& edges_E() const { return edges_E_; }                // float64
  const std::string& unit() const { return unit_; }
  at::Tensor centres_K() const;
  int64_t rows() const { return probability_NK_.size(0); }
  bool continuous() const { return mixture_.has_value(); }

  at::Tensor mean_N() const;
  at::Tensor standard_deviation_N() const;
  at::Tensor median_N() const { return quantile_N(0.5); }
  // The middle of the shortest interval that holds a tenth of the probability. The densest bin is no such thing: one of
  // 1e-5 in width, made for stars at redshift 0, is the densest with half a percent of the probability in it. Of
  // classes (class_bins.h) the most probable one.
  at::Tensor mode_N() const;
  at::Tensor quantile_N(double probability) const;            // inverse CDF; 0 < probability < 1
  at::Tensor density_NK() const;                              // probability / bin width
  at::Tensor log_density_N(const at::Tensor& truth_N) const;  // ln p(truth), 1/unit; -inf outside of the edges
  at::Tensor log_mass_N(const at::Tensor& truth_N) const;     // ln P(bin of truth)
  at::Tensor cdf_N(const at::Tensor& truth_N) const;   // P(x <= truth): the PIT value, interpolated inside the bin
  at::Tensor crps_N(const at::Tensor& truth_N) const;  // integral of (CDF - step)^2 between the edges; in `unit`

  // S draws of each row; row i draws from the stream (seed, object_i, "sample"): the same whatever the other rows are.
  // Of classes they are classes.
  at::Tensor sample_NS(int64_t samples, uint64_t seed, const std::vector<uint64_t>& objects) const;

 private:
  at::Tensor cumulative_NE() const;
  at::Tensor probability_NK_, edges_E_;
  std::string unit_;
  std::optional<ScalarMixture> mixture_;
};

}  // namespace asterism::models
