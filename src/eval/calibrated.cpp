#include "eval/calibrated.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "astro/photometry.h"
#include "base/error.h"
#include "eval/metrics.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;

const std::string kCounts = "counts";
constexpr double kToSigma = 1.4826;  // of the median distance from the median, where the noise is normal

void check_names(const ImageBlock& image, const std::map<std::string, double>& told, const char* option) {
  std::vector<std::string> names;
  for (const auto& band : image.bands) names.push_back(band.name);
  for (const auto& [name, value] : told)
    if (std::find(names.begin(), names.end(), name) == names.end())
      base::user_error("{} {}: the images have the bands {}", option, name, base::quoted_list(names));
}

void to_nanomaggies(ImageBlock& image, const std::map<std::string, double>& zero_point) {
  if (image.unit != kCounts)
    base::user_error("--zero-point: the images are in '{}', not in counts; leave it out", image.unit);
  const auto area = size_t(image.height * image.width), bands = image.bands.size();
  for (size_t c = 0; c < bands; ++c) {
    const auto told = zero_point.find(image.bands[c].name);
    if (told == zero_point.end())
      base::user_error("--zero-point: band '{}' has none; give one for each band", image.bands[c].name);
    const double factor = astro::nanomaggy_of_counts(1, told->second);
    for (size_t i = 0; i < size_t(image.n); ++i)
      for (size_t at = (i * bands + c) * area; at < (i * bands + c + 1) * area; ++at) {
        image.flux[at] = float(double(image.flux[at]) * factor);
        if (image.has_ivar) image.ivar[at] = float(double(image.ivar[at]) / (factor * factor));
      }
  }
  image.unit = "nanomaggy";
}

// One sigma of a plane, from its border; 0 where no pixel of that is good, or all are alike.
double border_noise(const ImageBlock& image, size_t plane) {
  const int64_t wide = std::max<int64_t>(1, std::min(image.height, image.width) / 8);
  std::vector<double> values;
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      if (std::min({y, x, image.height - 1 - y, image.width - 1 - x}) >= wide) continue;
      const auto at = plane * size_t(image.height * image.width) + size_t(y * image.width + x);
      if (image.mask[at] == 0) values.push_back(image.flux[at]);
    }
  if (values.empty()) return 0;
  const double middle = median(values);
  for (auto& value : values) value = std::abs(value - middle);
  return kToSigma * median(std::move(values));
}

void add_variance(ImageBlock& image) {
  const auto area = size_t(image.height * image.width);
  for (size_t plane = 0; plane < size_t(image.n) * image.bands.size(); ++plane) {
    if (image.present[plane / image.bands.size()] == 0) continue;
    const double noise = border_noise(image, plane);
    for (size_t at = plane * area; at < (plane + 1) * area; ++at) {
      if (!(noise > 0)) image.mask[at] = 1;
      image.ivar[at] = image.mask[at] == 0 ? float(1 / (noise * noise)) : 0;
    }
  }
  image.has_ivar = true;
}

void calibrate(ImageBlock& image, const Calibration& by) {
  check_names(image, by.zero_point, "--zero-point");
  check_names(image, by.psf_arcsec, "--psf");
  if (!by.zero_point.empty()) to_nanomaggies(image, by.zero_point);
  if (!by.zero_point.empty() && !image.has_ivar) add_variance(image);
  const size_t bands = image.bands.size();
  for (size_t at = 0; at < image.psf_fwhm_arcsec.size(); ++at) {
    const auto told = by.psf_arcsec.find(image.bands[at % bands].name);
    if (told != by.psf_arcsec.end()) image.psf_fwhm_arcsec[at] = float(told->second);
  }
}

}  // namespace

void add_border_noise(modalities::Block& observed) {
  auto* image = std::get_if<ImageBlock>(&observed);
  if (image != nullptr && !image->has_ivar && image->unit != "display") add_variance(*image);
}

modalities::Block calibrated(modalities::Block observed, const Calibration& by) {
  if (auto* image = std::get_if<ImageBlock>(&observed)) calibrate(*image, by);
  if (auto* spectrum = std::get_if<modalities::SpectrumBlock>(&observed);
      spectrum != nullptr && !by.counts_as.empty()) {
    if (spectrum->unit != kCounts)
      base::user_error("--counts-as: the spectra are in '{}', not in counts; leave it out", spectrum->unit);
    spectrum->unit = by.counts_as;
  }
  return observed;
}

}  // namespace asterism::eval
