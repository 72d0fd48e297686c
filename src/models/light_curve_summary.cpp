#include "models/light_curve_summary.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/quantile.h"
#include "nn/autocast.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

using modalities::LightCurveBlock;

constexpr double kDays[] = {10, 20, 40};  // after the peak
constexpr double kWithinDays = 7;
constexpr double kFaintest = 1e12;  // of a flux in units of the softening

struct Point {
  double day, brightness;
  int64_t band;  // of those that are told apart, -1: another
  bool negative;
};

double brightness_of(const LightCurveBlock& curves, float value, double softening) {
  if (curves.unit == "mag") return -value;
  return std::asinh(std::min(std::abs(double(value)) / softening, kFaintest));
}

std::vector<Point> points_of(const LightCurveBlock& curves, int64_t i, const std::vector<int64_t>& known,
                             double softening) {
  std::vector<Point> out;
  for (int64_t k = 0; k < curves.count[size_t(i)] && curves.present[size_t(i)] != 0; ++k) {
    const auto at = size_t(i * curves.length + k);
    if (curves.mask[at] == 0)
      out.push_back({curves.time_day[at], brightness_of(curves, curves.value[at], softening),
                     known[size_t(curves.band[at])], curves.value[at] < 0});
  }
  return out;
}

// Writes the numbers of one object; `put(column, value)`.
template <class Put>
void measure(std::vector<Point> points, Put&& put) {
  if (points.empty()) return;
  const auto [first, last] =
      std::minmax_element(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.day < b.day; });
  const double length = last->day - first->day, ended = last->brightness, signed_end = last->negative ? -ended : ended;
  const auto fainter = [](const auto& a, const auto& b) { return a.brightness < b.brightness; };
  const Point peak = *std::max_element(points.begin(), points.end(), fainter);
  const double faintest = std::min_element(points.begin(), points.end(), fainter)->brightness;
  int64_t column = kCurveLevels + 5;
  for (const double days : kDays) {
    double best = -INFINITY;
    for (const auto& p : points)
      if (std::abs(p.day - peak.day - days) < kWithinDays) best = std::max(best, p.brightness);
    if (std::isfinite(best)) put(column, best - peak.brightness);
    ++column;
  }
  std::map<int64_t, double> of_band;
  for (const auto& p : points)
    if (p.band >= 0) {
      const auto found = of_band.try_emplace(p.band, p.brightness).first;
      found->second = std::max(found->second, p.brightness);
    }
  for (const auto& [band, brightest] : of_band) put(column + band, brightest - peak.brightness);
  const auto middle = points.begin() + int64_t(points.size() / 2);
  std::nth_element(points.begin(), middle, points.end(), fainter);
  put(0, peak.brightness);
  put(1, middle->brightness);
  put(2, ended);
  put(kCurveLevels, middle->brightness - peak.brightness);
  put(kCurveLevels + 1, faintest - peak.brightness);
  put(kCurveLevels + 2, std::log1p(length));
  put(kCurveLevels + 3, std::log(double(points.size())));
  put(kCurveLevels + 4, signed_end);
}

double softening_of(const LightCurveBlock& curves) {
  std::vector<double> errors, sizes;
  for (int64_t i = 0; i < curves.n; ++i) {
    for (int64_t k = 0; k < curves.count[size_t(i)] && curves.present[size_t(i)] != 0; ++k) {
      const auto at = size_t(i * curves.length + k);
      if (curves.mask[at] != 0) continue;
      sizes.push_back(std::abs(double(curves.value[at])));
      if (curves.error[at] > 0) errors.push_back(curves.error[at]);
    }
  }
  if (sizes.empty()) return 0;
  const double typical = base::middle(std::move(errors.empty() ? sizes : errors));
  return typical > 0 ? typical : 1;
}

}  // namespace

CurveNumbers curve_numbers(const LightCurveBlock& curves, const std::vector<std::string>& bands, double softening) {
  const int64_t columns = kCurveLevels + kCurveShapes + int64_t(bands.size());
  CurveNumbers out{at::zeros({curves.n, columns}, at::kDouble), at::zeros({curves.n, columns}, at::kDouble)};
  std::vector<int64_t> known;
  for (const auto& band : curves.bands) {
    const auto found = std::find(bands.begin(), bands.end(), band.name);
    known.push_back(found == bands.end() ? -1 : found - bands.begin());
  }
  auto* values = out.values_NK.data_ptr<double>();
  auto* seen = out.seen_NK.data_ptr<double>();
  for (int64_t i = 0; i < curves.n; ++i)
    measure(points_of(curves, i, known, softening), [&](int64_t column, double value) {
      values[i * columns + column] = value;
      seen[i * columns + column] = 1;
    });
  return out;
}

LightCurveSummary::LightCurveSummary(const nn::Scope& scope, std::string modality, std::vector<std::string> bands,
                                     int64_t width, bool linear)
    : modality_(std::move(modality)),
      bands_(std::move(bands)),
      numbers_(scope / "numbers", 2 * (kCurveLevels + kCurveShapes + int64_t(bands_.size())), width, true),
      network_(scope / "network", width, linear),
      softening_(scope.statistic("softening", at::zeros({}, at::kDouble))),
      usual_2K_(
          scope.buffer("usual", at::zeros({2, kCurveLevels + kCurveShapes + int64_t(bands_.size())}, at::kDouble))) {}

const LightCurveBlock& LightCurveSummary::curves_of(const modalities::Block& block) const {
  if (!std::holds_alternative<LightCurveBlock>(block))
    base::user_error("'{}' is a light_curve for this model, but the batch holds a {}: check the modality's name",
                     modality_, modalities::kind(block));
  return std::get<LightCurveBlock>(block);
}

void LightCurveSummary::fit(const modalities::Block& sample) {
  const at::NoGradGuard no_grad;
  const auto& curves = curves_of(sample);
  const double soft = softening_of(curves);
  if (soft == 0)
    base::user_error(
        "no light curve of '{}' in the sample that sets the scales has a good point: give a sample that has",
        modality_);
  softening_.fill_(soft);
  const auto numbers = curve_numbers(curves, bands_, soft);
  usual_2K_.copy_(usual(numbers.values_NK, numbers.seen_NK));
}

Summary::Output LightCurveSummary::operator()(const modalities::Block& block, const Jitter& jitter) const {
  const nn::Autocast off(nn::Precision::fp32, numbers_.weight.device().type());
  const auto& curves = curves_of(block);
  if (!(softening_.item<double>() > 0))
    base::user_error("the model has no scale for '{}' yet: call fit (training does) before using it", modality_);
  auto numbers = curve_numbers(curves, bands_, softening_.item<double>());
  const auto anything = numbers.seen_NK.select(1, 0);
  Output out;
  out.seen_N.assign(size_t(curves.n), 0);
  for (int64_t i = 0; i < curves.n; ++i) out.seen_N[size_t(i)] = anything[i].item<double>() > 0;
  if (jitter.drawn()) {  // of all bands, and of each
    const auto drawn = jitter(modality_, 1 + int64_t(bands_.size())).clamp(-2, 2);
    numbers.values_NK.narrow(1, 0, kCurveLevels).add_(drawn.narrow(1, 0, 1));
    numbers.values_NK.narrow(1, kCurveLevels + kCurveShapes, int64_t(bands_.size()))
        .add_(drawn.narrow(1, 1, int64_t(bands_.size())));
    numbers.values_NK.mul_(numbers.seen_NK);
  }
  const auto device = numbers_.weight.device();
  const auto values = nn::onto(device, numbers.values_NK), seen = nn::onto(device, numbers.seen_NK);
  const auto x = jitter.noised(at::cat({scaled(values, usual_2K_, seen), seen}, 1), modality_);
  const auto options = numbers_.weight.options().requires_grad(false);
  out.vectors_NH = network_(numbers_(x.to(options))) * nn::onto(device, anything.unsqueeze(1)).to(options);
  return out;
}

}  // namespace asterism::models
