#include "eval/conditionals/spectrum_column.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eval/rebuild.h"
#include "eval/residual.h"

namespace asterism::eval {
namespace {

using modalities::SpectrumBlock;

constexpr int kBins = 150;

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

BinnedSpectrum binned(const SpectrumBlock& spectrum, double low, double high, int bins, bool weighted) {
  BinnedSpectrum out;
  std::vector<double> weight(size_t(bins), 0), count(size_t(bins), 0);
  out.flux.assign(size_t(bins), 0);
  out.spread.assign(size_t(bins), 0);
  for (int b = 0; b < bins; ++b) out.wavelength_angstrom.push_back(low + (b + 0.5) * (high - low) / bins);
  for (size_t i = 0; i < size_t(spectrum.length); ++i) {
    const double place = (double(spectrum.wavelength_angstrom[i]) - low) / (high - low) * bins;
    if (spectrum.mask[i] != 0 || !(spectrum.ivar[i] > 0) || place < 0 || place > bins) continue;
    const auto b = std::min(size_t(place), size_t(bins - 1));
    const double w = weighted ? double(spectrum.ivar[i]) : 1;
    weight[b] += w;
    ++count[b];
    out.flux[b] += w * double(spectrum.flux[i]);
    out.spread[b] += 1 / std::sqrt(double(spectrum.ivar[i]));
  }
  for (size_t b = 0; b < size_t(bins); ++b) {
    out.flux[b] /= weight[b];  // NaN where the bin is empty
    out.spread[b] /= count[b];
  }
  return out;
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
  curve_ = binned(observed_, low, high, kBins, true);
  auto shown = curve_.flux;
  if (observed_.present[0] == 0)
    for (const auto* one : predictions) {
      const auto mean = binned(std::get<SpectrumBlock>(one->blocks.at(name_).mean), low, high, kBins, false).flux;
      shown.insert(shown.end(), mean.begin(), mean.end());
    }
  const double least = quantile(shown, 0.01), greatest = quantile(shown, 1);
  if (!(greatest > least)) return;
  low_flux_ = std::min(0.0, least) - 0.05 * (greatest - least);
  high_flux_ = greatest + 0.1 * (greatest - least);
}

double SpectrumColumn::x_at(const report::Box& box, double wavelength) const {
  return box.x + box.width * (wavelength - low_angstrom_) / (high_angstrom_ - low_angstrom_);
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
  for (size_t b = 0; b < flux.size(); ++b)
    points.push_back({x_at(box, curve_.wavelength_angstrom[b]), y_at(box, flux[b])});
  out.line(points, colour, 1.1);
}

std::string SpectrumColumn::draw_observed(report::Drawing& out, const report::Box& box) const {
  if (observed_.present[0] == 0) return "not observed";
  draw_axis(out, box);
  draw_curve(out, box, curve_.flux, "#222222");
  const auto good = std::count(observed_.mask.begin(), observed_.mask.end(), uint8_t{0});
  return fmt::format("{} good pixels", good);
}

std::string SpectrumColumn::draw_predicted(report::Drawing& out, const report::Box& box,
                                           const models::Prediction& prediction) const {
  const auto& predicted = prediction.blocks.at(name_);
  const auto& mean = std::get<SpectrumBlock>(predicted.mean);
  draw_axis(out, box);
  if (observed_.present[0] != 0) draw_curve(out, box, curve_.flux, kObservedColour);
  const auto curve = binned(mean, low_angstrom_, high_angstrom_, kBins, false);
  if (predicted.samples.size() > 1) {
    std::vector<double> x, low, high;
    for (size_t b = 0; b < curve.flux.size(); ++b) {
      x.push_back(x_at(box, curve.wavelength_angstrom[b]));
      low.push_back(y_at(box, curve.flux[b] - curve.spread[b]));
      high.push_back(y_at(box, curve.flux[b] + curve.spread[b]));
    }
    out.area(x, low, high, kPredictedColour, 0.25);
  }
  draw_curve(out, box, curve.flux, kPredictedColour);
  if (observed_.present[0] == 0) return "";
  const auto model = on_wavelengths(mean, observed_);
  const auto chi = chi_square(observed_.flux, observed_.ivar, observed_.mask, model.flux, model.mask);
  return std::isfinite(chi.per_value) ? fmt::format("chi² {:.3g} a pixel", chi.per_value) : "";
}

}  // namespace asterism::eval
