#pragma once
// A Gaussian process of one light curve: what anyone would draw through its points. Exact, with its parameters fitted
// to each object by the largest marginal likelihood (Rasmussen & Williams 2006, eq. 5.8).

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace asterism::eval {

// Points of one object. Bands count from 0; errors are one standard deviation, > 0.
struct CurvePoints {
  std::vector<double> time_day, value, error;
  std::vector<int32_t> band;
  size_t size() const { return time_day.size(); }
};

class GaussianProcess {
 public:
  // k = s^2 (1 + sqrt(3) d/tau) exp(-sqrt(3) d/tau) x (1 within a band, rho between bands), d = |t - t'|, about the
  // weighted mean of each band, with a noise of its own added to the errors; s, tau, rho and that noise are fitted by
  // Nelder & Mead's simplex from two starts. At least one point.
  explicit GaussianProcess(CurvePoints points);
  double mean(double time_day, int32_t band) const;  // a band without points takes the mean of all

  double deviation = 0, days = 0, between_bands = 0, noise = 0;  // s, tau, rho
  double log_likelihood = 0;

 private:
  double centre(int32_t band) const;
  double kernel(double days_apart, bool same_band) const;
  // Fills weights_ at the present parameters, and gives the log likelihood.
  double condition();

  CurvePoints points_;
  std::vector<double> centres_;  // of each band; NaN: no points
  double centre_of_all_ = 0;
  at::Tensor weights_;  // K^-1 y
};

// The weighted mean of each band; of a band without points, of all.
std::vector<double> band_means(const CurvePoints& points, int32_t bands);

}  // namespace asterism::eval
