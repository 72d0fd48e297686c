#include "eval/conditionals/spectrum_column.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eval/conditionals/draw_quantiles.h"
#include "eval/rebuild.h"
#include "eval/residual.h"

namespace asterism::eval {
namespace {

using modalities::SpectrumBlock;

constexpr size_t kBins = 150;
constexpr double kMostAbove = 2;  // times the brightest observed bin: as far as a panel reaches

// The value below which this part of the finite ones lies; NaN without any.
double quantile(std::vector<double> values, double part) {
  std::erase_if(values, [](double v) { return !std::isfinite(v); });
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  return values[size_t(part * double(values.size() - 1))];
}

// First and last good wavelength, widening [low, high].
void widen(const SpectrumBlock& spectrum, double& low, double& high) {
  for (size_t i = 0; i < size_t(spectrum.length); ++i) {
    if (spectrum.mask[i] != 0) continue;
    low = std::min(low, double(spectrum.wavelength_angstrom[i]));
    high = std::max(high, double(spectrum.wavelength_angstrom[i]));
  }
}

}  // namespace

std::vector<double> binned(std::span<const float> wavelength, std::span<const float> flux,
                           std::span<const float> weight, std::span<const uint8_t> mask, double low, double high,
                           size_t bins) {
  std::vector<double> sum(bins, 0), weights(bins, 0);
  for (size_t i = 0; i < flux.size(); ++i) {
    const double place = (double(wavelength[i]) - low) / (high - low) * double(bins);
    if (mask[i] != 0 || place < 0 || place > double(bins)) continue;
    const auto b = std::min(size_t(place), bins - 1);
    const double w = weight.empty() ? 1 : double(weight[i]);
    weights[b] += w;
    sum[b] += w * double(flux[i]);
  }
  for (size_t b = 0; b < bins; ++b) sum[b] /= weights[b];  // NaN where the bin is empty
  return sum;
}

SpectrumColumn::SpectrumColumn(const Conditionals& table, size_t column)
    : name_(table.columns[column].modalities[0]), observed_(std::get<SpectrumBlock>(table.object.blocks.at(name_))) {
  const auto predictions = predictions_of(table, column);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  if (observed_.present[0] != 0) widen(observed_, low, high);
  if (!(low < high))
    for (const auto* one : predictions) widen(std::get<SpectrumBlock>(one->blocks.at(name_).mean), low, high);
  if (!(low < high)) return;
  low_angstrom_ = low;
  high_angstrom_ = high;
  curve_ = binned(observed_.wavelength_angstrom, observed_.flux, observed_.ivar, observed_.mask, low, high, kBins);
  std::vector<double> medians;
  for (const auto* one : predictions) {
    const auto& predicted = one->blocks.at(name_);
    const auto quantiles = draw_quantiles(predicted);
    const auto median = binned_like(std::get<SpectrumBlock>(predicted.samples[0]), quantiles.median, quantiles.mask);
    medians.insert(medians.end(), median.begin(), median.end());
  }
  const bool seen = observed_.present[0] != 0;
  const double least = quantile(seen ? curve_ : medians, 0.01);
  double greatest = quantile(seen ? curve_ : medians, 1);
  if (seen && greatest > 0)  // predictions that are too bright are seen to be, unless they would flatten the rest
    greatest = std::max(greatest, std::min(quantile(medians, 0.98), kMostAbove * greatest));
  if (!(greatest > least)) return;
  low_flux_ = std::min(0.0, least) - 0.05 * (greatest - least);
  high_flux_ = greatest + 0.1 * (greatest - least);
}

std::vector<double> SpectrumColumn::binned_like(const SpectrumBlock& grid, std::span<const float> flux,
                                                std::span<const uint8_t> mask) const {
  return binned(grid.wavelength_angstrom, flux, {}, mask, low_angstrom_, high_angstrom_, kBins);
}

double SpectrumColumn::x_at(const report::Box& box, size_t bin) const {
  return box.x + box.width * (double(bin) + 0.5) / double(kBins);
}

double SpectrumColumn::y_at(const report::Box& box, double flux) const {
  if (!std::isfinite(flux)) return flux;
  return box.y + box.height * (1 - std::clamp((flux - low_flux_) / (high_flux_ - low_flux_), 0.0, 1.0));
}

void SpectrumColumn::draw_axis(report::Drawing& out, const report::Box& box) const {
  const double zero = y_at(box, 0);
  out.line({{box.x, zero}, {box.x + box.width, zero}}, "#dddddd", 0.8);
  const report::TextStyle small{.size = 8, .colour = "#888888"};
  auto right = small;
  right.anchor = report::Anchor::end;
  out.text({box.x, box.y + box.height + 8}, fmt::format("{:.0f} Å", low_angstrom_), small);
  out.text({box.x + box.width, box.y + box.height + 8}, fmt::format("{:.0f} Å", high_angstrom_), right);
}

void SpectrumColumn::draw_curve(report::Drawing& out, const report::Box& box, const std::vector<double>& flux,
                                const std::string& colour) const {
  std::vector<report::Point> points;
  for (size_t b = 0; b < flux.size(); ++b) points.push_back({x_at(box, b), y_at(box, flux[b])});
  out.line(points, colour, 1.1);
}

std::string SpectrumColumn::draw_observed(report::Drawing& out, const report::Box& box) const {
  if (observed_.present[0] == 0) return "not observed";
  draw_axis(out, box);
  draw_curve(out, box, curve_, "#222222");
  const auto good = std::count(observed_.mask.begin(), observed_.mask.end(), uint8_t{0});
  return fmt::format("{} good pixels", good);
}

std::string SpectrumColumn::draw_predicted(report::Drawing& out, const report::Box& box,
                                           const models::Prediction& prediction) const {
  const auto& predicted = prediction.blocks.at(name_);
  auto middle = std::get<SpectrumBlock>(predicted.samples[0]);
  const auto quantiles = draw_quantiles(predicted);
  draw_axis(out, box);
  if (observed_.present[0] != 0) draw_curve(out, box, curve_, kObservedColour);
  const auto low = binned_like(middle, quantiles.low, quantiles.mask),
             high = binned_like(middle, quantiles.high, quantiles.mask);
  std::vector<double> x, low_y, high_y;
  for (size_t b = 0; b < kBins; ++b) {
    x.push_back(x_at(box, b));
    low_y.push_back(y_at(box, low[b]));
    high_y.push_back(y_at(box, high[b]));
  }
  out.area(x, low_y, high_y, kPredictedColour, 0.25);
  draw_curve(out, box, binned_like(middle, quantiles.median, quantiles.mask), kPredictedColour);
  if (observed_.present[0] == 0) return "";
  std::copy(quantiles.median.begin(), quantiles.median.end(), middle.flux.begin());
  std::copy(quantiles.mask.begin(), quantiles.mask.end(), middle.mask.begin());
  const auto model = on_wavelengths(middle, observed_);
  const auto chi = chi_square(observed_.flux, observed_.ivar, observed_.mask, model.flux, model.mask);
  return std::isfinite(chi.per_value) ? fmt::format("chi² {:.3g} a pixel", chi.per_value) : "";
}

}  // namespace asterism::eval
