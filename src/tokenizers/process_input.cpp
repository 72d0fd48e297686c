#include "tokenizers/process_input.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/error.h"
#include "base/quantile.h"
#include "base/random.h"

namespace asterism::tokenizers {
namespace {

using modalities::LightCurveBlock;

constexpr double kLargest = 1e18, kLeastScale = 1e-30, kMostValue = 1e4, kLeastError = 1e-3;

struct Point {
  double time = 0, colour = 0, value = 0, error = 0;
  bool hidden = false;
};

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return base::nearest_rank(values, share);
}

std::vector<Point> thinned(const std::vector<Point>& points, size_t most) {
  if (points.size() <= most) return points;
  std::vector<Point> out;
  for (size_t i = 0; i < most; ++i) out.push_back(points[i * points.size() / most]);
  return out;
}

// Good points of an object, in an order that does not depend on theirs.
std::vector<Point> points_of(const LightCurveBlock& block, int64_t row, const std::vector<double>& colours,
                             double unknown_error) {
  std::vector<Point> out;
  std::vector<double> known;
  if (block.present[size_t(row)] == 0) return out;
  for (int64_t k = 0; k < block.count[size_t(row)]; ++k) {
    const auto at = size_t(row * block.length + k);
    const double time = block.time_day[at], value = block.value[at], error = block.error[at];
    if (block.mask[at] != 0 || block.upper_limit[at] != 0) continue;
    if (!std::isfinite(time) || !(std::abs(value) < kLargest) || !(error >= 0 && error < kLargest)) continue;
    const int32_t band = block.band[at];
    if (band < 0 || size_t(band) >= colours.size())
      base::user_error("a light curve's point is of band {} of {}.", band, colours.size());
    out.push_back({time, colours[size_t(band)], value, error, false});
    if (error > 0) known.push_back(error);
  }
  const double filling = known.empty() ? unknown_error : quantile(std::move(known), 0.5);
  for (auto& p : out)
    if (!(p.error > 0)) p.error = filling;
  std::sort(out.begin(), out.end(), [](const Point& a, const Point& b) {
    return std::tie(a.time, a.colour, a.value, a.error) < std::tie(b.time, b.colour, b.value, b.error);
  });
  return out;
}

void hide(std::vector<Point>& points, const HidePoints& how, int64_t row) {
  if (!(how.share > 0) || points.size() < 2) return;
  const uint64_t object = how.objects != nullptr ? how.objects->at(size_t(row)) : uint64_t(row);
  base::Random random(how.seed, uint64_t(how.epoch), object, "light_curve.hidden");
  const double share = random.uniform(0, 2 * how.share);
  size_t hidden = 0;
  for (auto& p : points) hidden += (p.hidden = random.uniform() < share) ? 1 : 0;
  const auto one = size_t(random.below(points.size()));
  if (hidden == 0 || hidden == points.size()) points[one].hidden = hidden == 0;
}

ProcessHeader header_of(const std::vector<Point>& shown, bool magnitudes) {
  ProcessHeader out;
  std::vector<double> values, errors;
  double brightest = -INFINITY;
  for (const auto& p : shown) {
    values.push_back(p.value);
    errors.push_back(p.error);
    const double sure = (magnitudes ? -p.value : p.value) - p.error;
    if (sure > brightest) brightest = sure, out.reference_day = p.time;
  }
  out.level = quantile(values, 0.5);
  const double spread = (quantile(values, 0.95) - quantile(values, 0.05)) / 2;
  out.scale = magnitudes ? 1 : std::max(std::hypot(spread, quantile(errors, 0.5)), kLeastScale);
  const auto half = process_ids(out, magnitudes);
  const double day = process_header(half.data(), magnitudes).reference_day;
  out.first = process_time(shown.front().time - day);
  out.last = process_time(shown.back().time - day);
  const auto ids = process_ids(out, magnitudes);
  return process_header(ids.data(), magnitudes);
}

ProcessPoints packed(const std::vector<Point>& points, const ProcessHeader& header) {
  std::vector<double> days, colours, values, errors;
  for (const auto& p : points) {
    days.push_back(p.time - header.reference_day);
    colours.push_back(p.colour);
    values.push_back(std::clamp((p.value - header.level) / header.scale, -kMostValue, kMostValue));
    errors.push_back(std::clamp(p.error / header.scale, kLeastError, kMostValue));
  }
  return {process_places(days, colours), at::tensor(values, at::kDouble), at::tensor(errors, at::kDouble)};
}

}  // namespace

ProcessPlaces process_places(const std::vector<double>& days, const std::vector<double>& colours) {
  std::vector<int64_t> cells;
  cells.reserve(colours.size());
  for (const double colour : colours) cells.push_back(cell_of(colour));
  return {at::tensor(days, at::kDouble), at::tensor(colours, at::kDouble), at::tensor(cells, at::kLong)};
}

std::vector<ProcessCurve> process_curves(const LightCurveBlock& block, const LightCurveBands& bands,
                                         const ProcessReading& how, const std::string& reader) {
  const auto colours = colours_of(block.bands, bands, reader);
  std::vector<ProcessCurve> out;
  for (int64_t row = 0; row < block.n; ++row) {
    auto points = points_of(block, row, colours, how.unknown_error);
    hide(points, how.hide, row);
    std::vector<Point> shown, hidden;
    for (const auto& p : points) (p.hidden ? hidden : shown).push_back(p);
    if (shown.empty()) continue;
    shown = thinned(shown, size_t(how.points));
    const auto header = header_of(shown, bands.magnitudes());
    out.push_back({row, header, packed(shown, header), packed(thinned(hidden, size_t(how.points)), header)});
  }
  return out;
}

}  // namespace asterism::tokenizers
