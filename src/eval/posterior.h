#pragma once
// How good a whole predicted distribution is, not only its middle.
//
// A binned posterior is a density that is constant within each of K bins: `edges` [K+1] strictly increasing,
// `probability` [K] non-negative with sum 1 (to 1e-3; it is renormalised). A drawn posterior is a list of values, each
// with a weight (empty weights: all equal). Both may be scored by the same measures.

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::eval {

// Continuous ranked probability score: the integral over x of (F(x) - [x >= truth])^2, exact for the piecewise-linear
// F, in the unit of the edges; a truth outside the edges pays its distance to them (Gneiting & Raftery 2007, eq. 20).
// Lower is better; for a point prediction it is the absolute error.
double crps_binned(std::span<const double> edges, std::span<const double> probability, double truth);
double crps_drawn(std::span<const double> values, std::span<const double> weights, double truth);

// F(truth): uniform on [0, 1] over many objects when the posteriors are calibrated. Interpolated within the bin that
// holds the truth; `randomise` in [0, 1] instead takes that share of the bin's probability (what is right where the
// truth is only known to its bin; Czado et al. 2009). Pass a negative `randomise` to interpolate.
double pit_binned(std::span<const double> edges, std::span<const double> probability, double truth,
                  double randomise = -1);
// Randomised between P(x < truth) and P(x <= truth).
double pit_drawn(std::span<const double> values, std::span<const double> weights, double truth, double randomise);

// The same two of equal weights for many truths: sorted once, then a binary search each. At least one value
// (CheckError).
class DrawnReference {
 public:
  explicit DrawnReference(std::vector<double> values);
  double crps(double truth) const;
  double pit(double truth, double randomise) const;

 private:
  std::vector<double> sorted_, sum_;  // sum_[i]: of the first i
  double half_spread_ = 0;            // half of the mean |v - v'| over all pairs
};

// Kolmogorov-Smirnov distance between values in [0, 1] and the uniform distribution: largest |empirical - uniform|.
double ks_uniform(std::vector<double> pit);

// The share of objects whose truth lies in the central interval of each level (from PIT values: |pit - 1/2| <= level /
// 2); equal to the level when calibrated, below it when overconfident.
std::vector<double> coverage(std::span<const double> pit, std::span<const double> levels);

// ln density at the truth, floored at `floor` (a truth in an empty bin or outside the edges would be minus infinity).
// Nats.
double log_density_binned(std::span<const double> edges, std::span<const double> probability, double truth,
                          double floor = -20);

double mean_binned(std::span<const double> edges, std::span<const double> probability);
double quantile_binned(std::span<const double> edges, std::span<const double> probability, double q);
double standard_deviation_binned(std::span<const double> edges, std::span<const double> probability);

}  // namespace asterism::eval
