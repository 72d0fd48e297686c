#include "modalities/traits.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/quantile.h"

namespace asterism::modalities {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kNoisePixels = 64, kFluxValues = 256;

Trait trait(std::string what, std::string unit, int64_t n, bool measured = false) {
  return {std::move(what), std::move(unit), measured, std::vector<double>(size_t(n), kNone)};
}

double median(std::vector<double> values) { return values.empty() ? kNone : base::middle(std::move(values)); }

// At most `most` of the values that are not masked, evenly spread over `size` of them from `first` on.
template <class Value>
double sampled_median(const base::AlignedVector<uint8_t>& mask, size_t first, int64_t size, int64_t most,
                      const Value& value_at) {
  std::vector<double> values;
  const int64_t stride = std::max<int64_t>(1, size / most);
  for (int64_t i = 0; i < size; i += stride)
    if (mask[first + size_t(i)] == 0) values.push_back(value_at(first + size_t(i)));
  return median(std::move(values));
}

std::vector<Trait> of(const ScalarBlock& b) {
  std::vector<Trait> out = {trait("value", b.unit, b.n, true)};
  if (b.has_error) out.push_back(trait("error", b.unit, b.n));
  for (size_t row = 0; row < size_t(b.n); ++row) {
    if (b.present[row] == 0) continue;
    out[0].value[row] = b.value[row];
    if (b.has_error && b.error[row] > 0) out[1].value[row] = b.error[row];
  }
  return out;
}

std::vector<Trait> of(const ImageBlock& b) {
  std::vector<Trait> out;
  const int64_t pixels = b.height * b.width;
  for (size_t band = 0; band < b.bands.size(); ++band) {
    const auto& name = b.bands[band].name;
    auto flux = trait("flux in " + name, b.unit, b.n, true), noise = trait("noise in " + name, b.unit, b.n),
         seeing = trait("seeing in " + name, "arcsec", b.n);
    for (size_t row = 0; row < size_t(b.n); ++row) {
      if (b.present[row] == 0) continue;
      const size_t plane = row * b.bands.size() + band, first = plane * size_t(pixels);
      double sum = 0;
      int64_t used = 0;
      for (size_t i = first; i < first + size_t(pixels); ++i)
        if (b.mask[i] == 0) sum += double(b.flux[i]), ++used;
      if (used == 0) continue;
      flux.value[row] = sum;
      if (b.has_ivar)
        noise.value[row] =
            sampled_median(b.mask, first, pixels, kNoisePixels, [&](size_t i) { return 1 / std::sqrt(b.ivar[i]); });
      if (b.psf_fwhm_arcsec[plane] > 0) seeing.value[row] = double(b.psf_fwhm_arcsec[plane]);
    }
    out.insert(out.end(), {std::move(flux), std::move(noise), std::move(seeing)});
  }
  out.push_back(trait("pixel scale", "arcsec", b.n));
  for (size_t row = 0; row < size_t(b.n); ++row)
    if (b.present[row] != 0 && b.pixel_scale_arcsec > 0) out.back().value[row] = b.pixel_scale_arcsec;
  return out;
}

// A grid of wavelengths, and `spaxels` values at each of them.
template <class Spectra>
std::vector<Trait> of_wavelengths(const Spectra& b, int64_t spaxels) {
  std::vector<Trait> out = {trait("flux", b.unit, b.n, true), trait("noise", b.unit, b.n),
                            trait("first wavelength", "Angstrom", b.n), trait("last wavelength", "Angstrom", b.n)};
  const int64_t size = b.length * spaxels;
  for (size_t row = 0; row < size_t(b.n); ++row) {
    if (b.present[row] == 0) continue;
    const size_t first = row * size_t(size), grid = row * size_t(b.length);
    out[0].value[row] = sampled_median(b.mask, first, size, kFluxValues, [&](size_t i) { return double(b.flux[i]); });
    out[1].value[row] = sampled_median(b.mask, first, size, kFluxValues,
                                       [&](size_t i) { return b.ivar[i] > 0 ? 1 / std::sqrt(double(b.ivar[i])) : 0; });
    for (size_t i = grid; i < grid + size_t(b.length) && b.wavelength_angstrom[i] > 0; ++i) {
      if (i == grid) out[2].value[row] = double(b.wavelength_angstrom[i]);
      out[3].value[row] = double(b.wavelength_angstrom[i]);
    }
  }
  return out;
}

std::vector<Trait> of(const SpectrumBlock& b) { return of_wavelengths(b, 1); }
std::vector<Trait> of(const CubeBlock& b) { return of_wavelengths(b, b.height * b.width); }

std::vector<Trait> of(const LightCurveBlock& b) {
  std::vector<Trait> out = {trait("days from first to last", "day", b.n)};
  for (const auto& band : b.bands) {
    const std::string in = band.name.empty() ? "" : " in " + band.name;
    out.push_back(trait("value" + in, b.unit, b.n, true));
    out.push_back(trait("measurements" + in, "", b.n));
  }
  for (size_t row = 0; row < size_t(b.n); ++row) {
    if (b.present[row] == 0) continue;
    std::vector<std::vector<double>> values(b.bands.size());
    double begin = kNone, end = kNone;
    for (size_t i = row * size_t(b.length); i < row * size_t(b.length) + size_t(b.count[row]); ++i) {
      if (b.mask[i] != 0) continue;
      values[size_t(b.band[i])].push_back(double(b.value[i]));
      if (std::isnan(begin)) begin = b.time_day[i];
      end = b.time_day[i];
    }
    out[0].value[row] = end - begin;
    for (size_t band = 0; band < values.size(); ++band) {
      if (values[band].empty()) continue;
      out[2 * band + 2].value[row] = double(values[band].size());
      out[2 * band + 1].value[row] = median(values[band]);
    }
  }
  return out;
}

std::vector<Trait> of(const VectorBlock& b) {
  if (b.vocabulary > 0) return {};
  std::vector<Trait> out = {trait("length", "", b.n, true)};
  for (size_t row = 0; row < size_t(b.n); ++row) {
    if (b.present[row] == 0) continue;
    double squares = 0;
    for (size_t i = row * size_t(b.width); i < (row + 1) * size_t(b.width); ++i)
      squares += double(b.value[i]) * double(b.value[i]);
    out[0].value[row] = std::sqrt(squares);
  }
  return out;
}

std::vector<Trait> of(const CatalogBlock&) { return {}; }
std::vector<Trait> of(const MapBlock&) { return {}; }

}  // namespace

std::vector<Trait> traits_of(const Block& block) {
  return std::visit([](const auto& b) { return of(b); }, block);
}

}  // namespace asterism::modalities
