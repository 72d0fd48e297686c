#include "tokenizers/light_curve_input.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "astro/periodogram.h"
#include "base/error.h"
#include "base/quantile.h"
#include "base/random.h"
#include "nn/transfer.h"
#include "tokenizers/light_curve_shape.h"

namespace asterism::tokenizers {
namespace {

using modalities::LightCurveBlock;

constexpr double kSlopeDoubt = 0.003;  // squared ln(wavelength) that bands must spread over for a slope to be believed
constexpr double kRelativeNoise = 0.02;  // of the scale, added to errors where periods are looked for
constexpr double kLeastScale = 1e-30, kLargest = 1e6;

struct Point {
  double time, colour, value, error;
  int32_t band;
  bool known, hidden, limit;
};

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return base::nearest_rank(values, 0.5);
}

// Evenly spread ones of too many.
std::vector<Point> thinned(std::vector<Point> points, size_t most) {
  if (points.size() <= most) return points;
  std::vector<Point> out;
  for (size_t i = 0; i < most; ++i) out.push_back(points[i * points.size() / most]);
  return out;
}

// An object as it is handed on.
struct Curve {
  int64_t row = 0;
  std::vector<Point> points;  // none: there is nothing to be seen
  LightCurveHeader header;
  std::array<int64_t, kHeaderTokens> ids{};
  std::array<int64_t, kShapeTokens> shape{};
  std::vector<float> features;
};

class Reader {
 public:
  Reader(const LightCurveBlock& block, const LightCurveCodecSettings& settings, const HidePoints& hide)
      : block_(block),
        settings_(settings),
        hide_(hide),
        colour_(colours_of(block.bands, settings, "light_curve_points")) {}

  Curve curve_of(int64_t row) const;

 private:
  // The points of an object, seen ones first; none where nothing is to be seen.
  std::vector<Point> points_of(int64_t row) const;
  // All but the period.
  LightCurveHeader level_of(const std::vector<Point>& seen) const;
  astro::Series series_of(const std::vector<Point>& seen, const LightCurveHeader& header) const;
  LightCurveShape shape(const std::vector<Point>& seen, const LightCurveHeader& header, astro::Folded curve) const;
  const LightCurveBlock& block_;
  const LightCurveCodecSettings& settings_;
  const HidePoints& hide_;
  std::vector<double> colour_;
};

std::vector<Point> Reader::points_of(int64_t row) const {
  std::vector<Point> seen, hidden, limits;
  if (block_.present[size_t(row)] == 0) return {};
  const uint64_t object = hide_.objects != nullptr ? hide_.objects->at(size_t(row)) : uint64_t(row);
  base::Random random(hide_.seed, uint64_t(hide_.epoch), object, "light_curve.hidden");
  for (int64_t k = 0; k < block_.count[size_t(row)]; ++k) {
    const auto at = size_t(row * block_.length + k);
    Point p{block_.time_day[at], 0, block_.value[at], block_.error[at], block_.band[at], true, false, false};
    p.limit = block_.upper_limit[at] != 0;
    if (!std::isfinite(p.time) || !std::isfinite(p.value) || !std::isfinite(p.error) || p.error < 0 ||
        std::abs(p.value) > 1e18 || p.error > 1e18)
      continue;
    if (!p.limit && block_.mask[at] != 0) continue;
    if (p.band < 0 || size_t(p.band) >= colour_.size())
      base::user_error("a light curve's point is of band {} of {}.", p.band, colour_.size());
    p.colour = colour_[size_t(p.band)];
    p.known = p.error > 0;
    if (!p.known) p.error = settings_.unknown_error;
    if (p.limit && settings_.limits != "censored") continue;
    p.hidden = hide_.share > 0 && random.uniform() < hide_.share;
    if (p.limit) {
      limits.push_back(p);
      continue;
    }
    (p.hidden ? hidden : seen).push_back(p);
  }
  if (seen.empty() && !hidden.empty()) {
    seen.push_back(hidden.front());
    seen.back().hidden = false;
    hidden.erase(hidden.begin());
  }
  const auto most = size_t(settings_.points);
  auto out = thinned(std::move(seen), most);
  if (out.empty()) return {};
  for (auto* more : {&hidden, &limits})
    for (auto& p : thinned(std::move(*more), std::max<size_t>(1, most / 2))) out.push_back(p);
  return out;
}

LightCurveHeader Reader::level_of(const std::vector<Point>& seen) const {
  LightCurveHeader out;
  std::vector<std::vector<double>> of_band(colour_.size());
  std::vector<double> errors, left;
  double last = seen[0].time, first = last, brightest = -INFINITY;
  for (const auto& p : seen) {
    of_band[size_t(p.band)].push_back(p.value);
    errors.push_back(p.error);
    first = std::min(first, p.time);
    last = std::max(last, p.time);
    const double sure = settings_.magnitudes() ? -p.value - p.error : p.value - p.error;
    if (sure > brightest) brightest = sure, out.reference_day = p.time;
  }
  const auto n = double(seen.size());
  double mean = 0, colour = 0, sxx = 0, sxy = 0;
  std::vector<double> middle(colour_.size(), 0);
  for (size_t b = 0; b < colour_.size(); ++b) {
    if (of_band[b].empty()) continue;
    const double share = double(of_band[b].size()) / n;
    middle[b] = median_of(of_band[b]);
    mean += share * middle[b];
    colour += share * colour_[b];
  }
  for (size_t b = 0; b < colour_.size(); ++b) {
    const double share = double(of_band[b].size()) / n, x = colour_[b] - colour;
    sxx += share * x * x;
    sxy += share * x * (middle[b] - mean);
  }
  const double slope = sxy / (sxx + kSlopeDoubt);
  for (const auto& p : seen) left.push_back(p.value - mean - slope * (p.colour - colour));
  std::sort(left.begin(), left.end());
  const double spread = (base::nearest_rank(left, 0.95) - base::nearest_rank(left, 0.05)) / 2;
  out.scale = std::max(std::hypot(spread, median_of(errors)), kLeastScale);
  out.level = mean - slope * colour;
  out.slope = slope / out.scale;
  out.span_day = last - first;
  out.first = last > first ? (first - out.reference_day) / (last - first) : 0;
  return out;
}

astro::Series Reader::series_of(const std::vector<Point>& seen, const LightCurveHeader& header) const {
  astro::Series out;
  for (const auto& p : seen) {
    const double error = std::hypot(p.error / header.scale, kRelativeNoise);
    out.time_day.push_back(p.time);
    out.value.push_back((p.value - header.level) / header.scale - header.slope * p.colour);
    out.weight.push_back(1 / (error * error));
    out.group.push_back(p.band);
  }
  return out;
}

LightCurveShape Reader::shape(const std::vector<Point>& seen, const LightCurveHeader& header,
                              astro::Folded curve) const {
  const double up = settings_.magnitudes() ? -1 : 1;
  std::map<int32_t, std::vector<double>> of_band;
  for (const auto& p : seen) of_band[p.band].push_back(p.value);
  std::map<int32_t, double> middle;
  for (auto& [band, values] : of_band) middle[band] = median_of(std::move(values));
  auto sorted = seen;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Point& a, const Point& b) { return a.time < b.time; });
  std::vector<ShapePoint> points;
  points.reserve(sorted.size());
  for (const auto& p : sorted)
    points.push_back({up * (p.value - middle[p.band]) / header.scale, p.error / header.scale, p.colour, p.band});
  for (auto* wave : {&curve.cosine, &curve.sine})
    for (double& x : *wave) x *= up;
  return shape_of(points, curve);
}

Curve Reader::curve_of(int64_t row) const {
  Curve out;
  out.row = row;
  out.points = points_of(row);
  if (out.points.empty()) return out;
  std::vector<Point> seen;
  for (const auto& p : out.points)
    if (!p.hidden && !p.limit) seen.push_back(p);
  auto header = level_of(seen);
  astro::PeriodSearch search;
  search.shortest_day = settings_.shortest_period;
  search.harmonics = settings_.harmonics;
  const auto found = astro::find_period(series_of(seen, header), header.reference_day, search);
  header.periodic = found.explained;
  header.period_day = found.frequency > 0 ? 1 / found.frequency : std::max(header.span_day, settings_.shortest_period);
  out.ids = header_ids(header, settings_.magnitudes(), settings_.norm_bins);
  out.header = header = header_of(out.ids.data(), settings_.magnitudes(), settings_.norm_bins);
  const auto numbers = header_features(header, settings_.magnitudes());
  out.features.assign(numbers.begin(), numbers.end());
  const auto curve =
      astro::fold(series_of(seen, header), 1 / header.period_day, header.reference_day, settings_.harmonics);
  for (size_t k = 0; k < size_t(settings_.harmonics); ++k)
    for (const auto* wave : {&curve.cosine, &curve.sine})
      out.features.push_back(float(std::clamp((*wave)[k], -5.0, 5.0)));
  out.shape = shape_ids(shape(seen, header, curve), settings_.norm_bins);
  return out;
}

// Curves side by side, the block's number of objects left to the caller.
LightCurveInput packed(const std::vector<Curve>& curves, const LightCurveCodecSettings& settings) {
  LightCurveInput out;
  const auto M = int64_t(curves.size());
  size_t longest = 0;
  for (const auto& curve : curves) longest = std::max(longest, curve.points.size());
  const auto P = int64_t(longest);
  const auto doubles = at::TensorOptions(at::kDouble);
  out.rows_M = at::zeros({M}, at::kLong);
  out.ids_MH = at::zeros({M, kHeaderTokens}, at::kLong);
  out.shape_MS = at::zeros({M, kShapeTokens}, at::kLong);
  out.features_MF = at::zeros({M, kHeaderFeatures + 2 * settings.harmonics});
  out.places = {at::zeros({M, P}, doubles), at::zeros({M, P}, doubles), at::zeros({M, P})};
  out.value_MP = at::zeros({M, P});
  out.error_MP = at::zeros({M, P});
  for (auto* flags : {&out.known_MP, &out.seen_MP, &out.hidden_MP, &out.limit_MP})
    *flags = at::zeros({M, P}, at::kBool);
  for (int64_t i = 0; i < M; ++i) {
    const auto& curve = curves[size_t(i)];
    const auto& header = curve.header;
    out.rows_M.data_ptr<int64_t>()[i] = curve.row;
    std::copy(curve.ids.begin(), curve.ids.end(), out.ids_MH.data_ptr<int64_t>() + i * kHeaderTokens);
    std::copy(curve.shape.begin(), curve.shape.end(), out.shape_MS.data_ptr<int64_t>() + i * kShapeTokens);
    std::copy(curve.features.begin(), curve.features.end(),
              out.features_MF.data_ptr<float>() + i * out.features_MF.size(1));
    for (size_t k = 0; k < curve.points.size(); ++k) {
      const auto& p = curve.points[k];
      const auto at = i * P + int64_t(k);
      const double value = (p.value - header.level) / header.scale - header.slope * p.colour;
      out.places.time_MP.data_ptr<double>()[at] = p.time - header.reference_day;
      out.places.phase_MP.data_ptr<double>()[at] = (p.time - header.reference_day) / header.period_day;
      out.places.colour_MP.data_ptr<float>()[at] = float(p.colour);
      out.value_MP.data_ptr<float>()[at] = float(std::clamp(value, -kLargest, kLargest));
      out.error_MP.data_ptr<float>()[at] = float(std::clamp(p.error / header.scale, 1 / kLargest, kLargest));
      out.known_MP.data_ptr<bool>()[at] = p.known;
      out.hidden_MP.data_ptr<bool>()[at] = p.hidden;
      out.limit_MP.data_ptr<bool>()[at] = p.limit;
      out.seen_MP.data_ptr<bool>()[at] = !p.hidden;
    }
  }
  return out;
}

at::Tensor padded(const std::vector<at::Tensor>& parts, int64_t width) {
  std::vector<at::Tensor> out;
  out.reserve(parts.size());
  for (const auto& part : parts) out.push_back(at::constant_pad_nd(part, {0, width - part.size(1)}));
  return at::cat(out);
}

}  // namespace

std::vector<double> colours_of(const std::vector<modalities::Band>& bands, const LightCurveBands& settings,
                               const std::string& reader) {
  std::vector<double> out;
  for (const auto& band : bands) {
    double wavelength = band.wavelength_angstrom;
    if (!(wavelength > 0)) {
      const auto found = std::find(settings.bands.begin(), settings.bands.end(), band.name);
      wavelength = found != settings.bands.end() ? settings.wavelengths_angstrom[size_t(found - settings.bands.begin())]
                                                 : settings.other_bands_angstrom;
    }
    if (!(wavelength > 0) || !std::isfinite(wavelength))
      base::user_error(
          "{}: the wavelength of band '{}' is not known; of the settings' bands the nearest is '{}'. Give it in bands "
          "and "
          "wavelengths_angstrom, or set other_bands_angstrom.",
          reader, band.name, base::nearest(band.name, settings.bands));
    out.push_back(std::log(wavelength / settings.reference_angstrom));
  }
  return out;
}

LightCurveInput read_light_curves(const LightCurveBlock& block, const LightCurveCodecSettings& settings,
                                  const HidePoints& hide) {
  const Reader reader(block, settings, hide);
  std::vector<Curve> curves;
  for (int64_t row = 0; row < block.n; ++row)
    if (auto curve = reader.curve_of(row); !curve.points.empty()) curves.push_back(std::move(curve));
  auto out = packed(curves, settings);
  out.n = block.n;
  return out;
}

LightCurveInput sent(const LightCurveInput& input, const at::Device& device) {
  auto out = input;
  for (auto* x : {&out.features_MF, &out.places.time_MP, &out.places.phase_MP, &out.places.colour_MP, &out.value_MP,
                  &out.error_MP, &out.known_MP, &out.seen_MP, &out.hidden_MP, &out.limit_MP})
    *x = nn::sent(*x, device);
  return out;
}

LightCurveInput join(const std::vector<LightCurveInput>& inputs) {
  ASTERISM_CHECK(!inputs.empty());
  if (inputs.size() == 1) return inputs[0];
  int64_t longest = 0;
  LightCurveInput out;
  for (const auto& input : inputs) {
    longest = std::max(longest, input.value_MP.size(1));
    out.n += input.n;
  }
  const auto all = [&](auto&& pick, bool pad) {
    std::vector<at::Tensor> parts;
    parts.reserve(inputs.size());
    for (const auto& input : inputs) parts.push_back(pick(input));
    return pad ? padded(parts, longest) : at::cat(parts);
  };
  out.ids_MH = all([](const auto& i) { return i.ids_MH; }, false);
  out.shape_MS = all([](const auto& i) { return i.shape_MS; }, false);
  out.features_MF = all([](const auto& i) { return i.features_MF; }, false);
  out.places.time_MP = all([](const auto& i) { return i.places.time_MP; }, true);
  out.places.phase_MP = all([](const auto& i) { return i.places.phase_MP; }, true);
  out.places.colour_MP = all([](const auto& i) { return i.places.colour_MP; }, true);
  out.value_MP = all([](const auto& i) { return i.value_MP; }, true);
  out.error_MP = all([](const auto& i) { return i.error_MP; }, true);
  out.known_MP = all([](const auto& i) { return i.known_MP; }, true);
  out.seen_MP = all([](const auto& i) { return i.seen_MP; }, true);
  out.hidden_MP = all([](const auto& i) { return i.hidden_MP; }, true);
  out.limit_MP = all([](const auto& i) { return i.limit_MP; }, true);
  return out;
}

}  // namespace asterism::tokenizers
