#include "eval/level.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "eval/metrics.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;
using modalities::LightCurveBlock;
using modalities::SpectrumBlock;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

double logarithm(double size) { return size > 0 ? std::log(size) : kMissing; }

std::vector<std::vector<double>> of_image(const ImageBlock& image) {
  std::vector<std::vector<double>> out(image.bands.size());
  for (size_t band = 0; band < image.bands.size(); ++band) {
    std::vector<double> error;
    add_aperture(image, int64_t(band), out[band], error);
    for (double& flux : out[band]) flux = logarithm(std::abs(flux));
  }
  return out;
}

std::vector<std::vector<double>> of_spectrum(const SpectrumBlock& spectrum) {
  std::vector<std::vector<double>> out(1);
  for (int64_t i = 0; i < spectrum.n; ++i) {
    std::vector<double> size;
    for (auto at = size_t(i * spectrum.length); at < size_t((i + 1) * spectrum.length); ++at)
      if (spectrum.mask[at] == 0) size.push_back(std::abs(spectrum.flux[at]));
    out[0].push_back(spectrum.present[size_t(i)] == 0 || size.empty() ? kMissing : logarithm(median(std::move(size))));
  }
  return out;
}

std::vector<std::vector<double>> of_curve(const LightCurveBlock& curve) {
  std::vector<std::vector<double>> out(3);
  const bool magnitudes = curve.unit == "mag";
  for (int64_t i = 0; i < curve.n; ++i) {
    std::vector<double> values;
    for (int64_t k = 0; k < curve.count[size_t(i)] && curve.present[size_t(i)] != 0; ++k) {
      const auto at = size_t(i * curve.length + k);
      if (curve.mask[at] == 0) values.push_back(magnitudes ? curve.value[at] : std::abs(curve.value[at]));
    }
    double brightest = kMissing, middle = kMissing, last = kMissing;
    if (!values.empty()) {
      last = magnitudes ? values.back() : logarithm(values.back());
      brightest = magnitudes ? *std::min_element(values.begin(), values.end())
                             : logarithm(*std::max_element(values.begin(), values.end()));
      middle = magnitudes ? median(std::move(values)) : logarithm(median(std::move(values)));
    }
    out[0].push_back(brightest);
    out[1].push_back(middle);
    out[2].push_back(last);
  }
  return out;
}

}  // namespace

void add_aperture(const ImageBlock& image, int64_t band, std::vector<double>& flux, std::vector<double>& error) {
  const double radius = double(image.width) / 8, y0 = 0.5 * double(image.height - 1),
               x0 = 0.5 * double(image.width - 1);
  const auto bands = int64_t(image.bands.size());
  for (int64_t i = 0; i < image.n; ++i) {
    double sum = 0, variance = 0;
    int64_t good = 0;
    // nothing beyond the circle
    for (auto y = std::max<int64_t>(0, int64_t(std::ceil(y0 - radius))); y < image.height && double(y) <= y0 + radius;
         ++y) {
      const double half = std::sqrt(radius * radius - (double(y) - y0) * (double(y) - y0));
      for (auto x = int64_t(std::ceil(x0 - half)); double(x) <= x0 + half; ++x) {
        const auto at = size_t(((i * bands + band) * image.height + y) * image.width + x);
        if (image.mask[at] != 0 || !(image.ivar[at] > 0)) continue;
        sum += image.flux[at];
        variance += 1 / double(image.ivar[at]);
        ++good;
      }
    }
    flux.push_back(good > 0 && image.present[size_t(i)] != 0 ? sum : kMissing);
    error.push_back(image.has_ivar ? std::sqrt(variance) : 0);
  }
}

std::vector<std::vector<double>> levels_of(const modalities::Block& block) {
  if (const auto* image = std::get_if<ImageBlock>(&block)) return of_image(*image);
  if (const auto* spectrum = std::get_if<SpectrumBlock>(&block)) return of_spectrum(*spectrum);
  if (const auto* curve = std::get_if<LightCurveBlock>(&block)) return of_curve(*curve);
  return {};
}

}  // namespace asterism::eval
