#include "models/scalar_scale.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/quantile.h"

namespace asterism::models {
namespace {

constexpr double kFarthest = 20;
constexpr double kLargest = 1e100;  // of fluxes over the softening, and errors: means of several stay finite

// Central value and half of the central 68 %, never zero.
std::pair<double, double> centre_and_width(const std::vector<double>& sorted) {
  const double centre = base::quantile(sorted, 0.5);
  double width = 0.5 * (base::quantile(sorted, 0.84) - base::quantile(sorted, 0.16));
  if (!(width > 0)) width = 0.25 * (sorted.back() - sorted.front());
  if (!(width > 0)) width = std::max(std::abs(centre), 1.0);
  return {centre, width};
}

ScalarScale::Scaled rank(const double* knots, double value, double error) {
  const double* end = knots + kRankKnots;
  const auto above = std::clamp<int64_t>(std::upper_bound(knots, end, value) - knots, 1, kRankKnots - 1);
  const double low = knots[above - 1], high = knots[above];
  const double slope = 4.0 / double(kRankKnots - 1) / (high - low);
  return {4.0 * double(above - 1) / double(kRankKnots - 1) - 2 + (value - low) * slope, error * slope};
}

void fill_knots(const std::vector<double>& sorted, double* knots) {
  const double least = std::max(1e-12 * (sorted.back() - sorted.front()), 1e-300);
  for (int64_t k = 0; k < kRankKnots; ++k) {
    knots[k] = base::quantile(sorted, double(k) / double(kRankKnots - 1));
    if (k > 0 && knots[k] <= knots[k - 1]) {  // repeated values: a step, kept strictly increasing
      knots[k] = std::max(knots[k - 1] + least, std::nextafter(knots[k - 1], std::numeric_limits<double>::infinity()));
    }
  }
}

}  // namespace

ScalarScale::Scaled ScalarScale::operator()(double value, double error) const {
  Scaled out{};
  if (kind == ScaleKind::rank) {
    out = rank(knots, value, error);
  } else if (kind == ScaleKind::asinh) {
    out = {(std::asinh(value / softening) - centre) / width, error / std::hypot(value, softening) / width};
  } else {
    out = {(value - centre) / width, error / width};
  }
  out.value = std::clamp(out.value, -kFarthest, kFarthest);
  out.error = std::clamp(out.error, 0.0, kFarthest);
  return out;
}

ScalarScale::Scaled ScalarScale::brightness(double value, double error) const {
  ASTERISM_CHECK(kind == ScaleKind::asinh, "brightness of a scale that is not asinh");
  return {std::asinh(std::clamp(value / softening, -kLargest, kLargest)) - centre,
          std::min(error / std::hypot(value, softening), kLargest)};
}

ScalarScale fit_scale(const std::string& modality, const modalities::ScalarBlock& block, const std::string& setting,
                      double* knots) {
  std::vector<double> values, errors;
  for (int64_t i = 0; i < block.n; ++i) {
    if (!block.present[size_t(i)]) continue;
    values.push_back(block.value[size_t(i)]);
    if (block.has_error && block.error[size_t(i)] > 0) errors.push_back(block.error[size_t(i)]);
  }
  if (values.empty())
    base::user_error("'{}' has no value in the sample that sets its scale: give a larger sample, or leave it out",
                     modality);
  std::sort(values.begin(), values.end());
  std::sort(errors.begin(), errors.end());
  ScalarScale scale;
  auto [centre, width] = centre_and_width(values);
  const bool skewed = base::quantile(values, 0.99) - centre > 4 * (centre - base::quantile(values, 0.01)) &&
                      base::quantile(values, 0.99) - centre > 4 * width;
  if (setting == "rank") {
    scale.kind = ScaleKind::rank;
    fill_knots(values, knots);
  } else if (setting == "asinh" || (setting == "auto" && skewed)) {
    scale.kind = ScaleKind::asinh;
    scale.softening = errors.empty() ? width / 20 : base::quantile(errors, 0.5);
    for (double& v : values) v = std::asinh(v / scale.softening);
    std::tie(centre, width) = centre_and_width(values);
  }
  scale.centre = centre;
  scale.width = width;
  scale.knots = knots;
  return scale;
}

}  // namespace asterism::models
