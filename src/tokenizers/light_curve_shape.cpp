#include "tokenizers/light_curve_shape.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "base/quantile.h"

namespace asterism::tokenizers {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;
constexpr double kLeast = 1e-6;  // of the scale: less is no variation

// One number and the range that its token cuts into equal steps.
struct Gauge {
  double LightCurveShape::*number;
  double low, high;
};
using S = LightCurveShape;
constexpr std::array<Gauge, kShapeTokens> kGauges{{{&S::amplitude, 0, 2},
                                                   {&S::ratio21, 0, 2},
                                                   {&S::ratio31, 0, 2},
                                                   {&S::phase21, 0, 1},
                                                   {&S::phase31, 0, 1},
                                                   {&S::skewness, -1, 1},
                                                   {&S::middle, 0, 1},
                                                   {&S::blueness, -2, 2},
                                                   {&S::loudness, -1, 4},
                                                   {&S::roughness, 0, 2}}};

// 5% to 95% of the points of which `chosen` is true; 0 without any.
template <class Chosen>
double range_of(std::span<const ShapePoint> points, Chosen&& chosen) {
  std::vector<double> values;
  for (const auto& p : points)
    if (chosen(p)) values.push_back(p.value);
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return base::nearest_rank(values, 0.95) - base::nearest_rank(values, 0.05);
}

double cycles(double radian) {
  const double turns = radian / kTurn;
  return turns - std::floor(turns);
}

void fold_into(LightCurveShape& out, const astro::Folded& folded) {
  std::array<double, 3> amplitude{}, phase{};
  for (size_t k = 0; k < std::min<size_t>(3, folded.cosine.size()); ++k) {
    amplitude[k] = std::hypot(folded.cosine[k], folded.sine[k]);
    phase[k] = std::atan2(folded.sine[k], folded.cosine[k]);
  }
  out.amplitude = amplitude[0];
  out.ratio21 = amplitude[1] / std::max(amplitude[0], kLeast);
  out.ratio31 = amplitude[2] / std::max(amplitude[0], kLeast);
  out.phase21 = cycles(phase[1] - 2 * phase[0]);
  out.phase31 = cycles(phase[2] - 3 * phase[0]);
}

double roughness_of(std::span<const ShapePoint> points) {
  double squares = 0, sum = 0, jumps = 0, pairs = 0;
  std::map<int32_t, double> last;
  for (const auto& p : points) {
    sum += p.value;
    squares += p.value * p.value;
    const auto [before, first] = last.try_emplace(p.band, p.value);
    if (first) continue;
    jumps += std::pow(p.value - before->second, 2);
    pairs += 1;
    before->second = p.value;
  }
  const auto n = double(points.size());
  const double variance = squares / n - std::pow(sum / n, 2);
  return pairs > 0 && variance > kLeast * kLeast ? jumps / pairs / (2 * variance) : 1;
}

}  // namespace

LightCurveShape shape_of(std::span<const ShapePoint> points, const astro::Folded& folded) {
  LightCurveShape out;
  fold_into(out, folded);
  std::vector<double> values, errors;
  double bluest = INFINITY, reddest = -INFINITY;
  for (const auto& p : points) {
    values.push_back(p.value);
    errors.push_back(p.error);
    bluest = std::min(bluest, p.colour);
    reddest = std::max(reddest, p.colour);
  }
  std::sort(values.begin(), values.end());
  std::sort(errors.begin(), errors.end());
  const double low = base::nearest_rank(values, 0.05), high = base::nearest_rank(values, 0.95),
               range = std::max(high - low, kLeast);
  out.skewness = (high + low - 2 * base::nearest_rank(values, 0.5)) / range;
  out.middle = (base::nearest_rank(values, 0.75) - base::nearest_rank(values, 0.25)) / range;
  out.loudness = std::log10(range / std::max(base::nearest_rank(errors, 0.5), kLeast));
  out.roughness = roughness_of(points);
  if (reddest > bluest) {
    const double between = (bluest + reddest) / 2;
    const double blue = range_of(points, [&](const ShapePoint& p) { return p.colour < between; });
    const double red = range_of(points, [&](const ShapePoint& p) { return p.colour >= between; });
    out.blueness = std::log(std::max(blue, kLeast) / std::max(red, kLeast));
  }
  return out;
}

std::array<int64_t, kShapeTokens> shape_ids(const LightCurveShape& shape, int64_t bins) {
  std::array<int64_t, kShapeTokens> out{};
  for (size_t i = 0; i < kGauges.size(); ++i) {
    const auto& gauge = kGauges[i];
    const double share = (shape.*gauge.number - gauge.low) / (gauge.high - gauge.low);
    if (share > 0) out[i] = int64_t(std::min(std::floor(share * double(bins)), double(bins - 1)));
  }
  return out;
}

LightCurveShape shape_from(const int64_t* ids, int64_t bins) {
  LightCurveShape out;
  for (const auto& gauge : kGauges)
    out.*gauge.number = gauge.low + (double(*ids++) + 0.5) / double(bins) * (gauge.high - gauge.low);
  return out;
}

std::array<float, kShapeFeatures> shape_features(const LightCurveShape& s) {
  const double two = std::min(1.0, 3 * s.ratio21), three = std::min(1.0, 5 * s.ratio31);
  return {float(2 * s.amplitude - 1.5),
          float(4 * s.ratio21 - 1.5),
          float(6 * s.ratio31 - 1.5),
          float(2 * two * std::cos(kTurn * s.phase21)),
          float(2 * two * std::sin(kTurn * s.phase21)),
          float(2 * three * std::cos(kTurn * s.phase31)),
          float(2 * three * std::sin(kTurn * s.phase31)),
          float(2.5 * s.skewness),
          float(6 * s.middle - 2.5),
          float(3 * s.blueness),
          float(2 * s.loudness - 2),
          float(2.5 * s.roughness - 2)};
}

}  // namespace asterism::tokenizers
