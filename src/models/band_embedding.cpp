#include "models/band_embedding.h"

#include <algorithm>
#include <cmath>

#include "models/wrap.h"
#include "nn/device.h"
#include "nn/fourier.h"

namespace asterism::models {
namespace {

constexpr int64_t kFrequencies = 16;
constexpr int64_t kPlainFeatures =
    7;  // ln width, ln PSF, ln pixel scale, and whether each and the wavelength are known

}  // namespace

BandEmbedding::BandEmbedding(const nn::Scope& scope, std::vector<std::string> known_bands, int64_t width)
    : known_(std::move(known_bands)),
      frequencies_(nn::geometric_frequencies(0.25, 32, kFrequencies, scope.dtype())),
      physical_(scope / "physical", 2 * kFrequencies + kPlainFeatures, width, 2 * width, false, true),
      width_(width) {
  if (!known_.empty()) named_ = nn::Embedding(scope / "named", int64_t(known_.size()), 2 * width, 0.5);
}

BandEmbedding::Film BandEmbedding::operator()(const modalities::ImageBlock& block) const {
  const int64_t n = block.n, c = int64_t(block.bands.size());
  const auto options = frequencies_.options();
  auto wavelength = at::zeros({c}, at::kDouble), plain = at::zeros({c, 5}, at::kDouble);
  std::vector<int64_t> ids(size_t(c), -1);
  for (int64_t i = 0; i < c; ++i) {
    const auto& band = block.bands[size_t(i)];
    double* p = plain.data_ptr<double>() + 5 * i;
    if (band.wavelength_angstrom > 0) {
      wavelength.data_ptr<double>()[i] = std::log(band.wavelength_angstrom / 5000);
      p[0] = 1;
    }
    if (band.width_angstrom > 0) {
      p[1] = std::log(band.width_angstrom / 1000);
      p[2] = 1;
    }
    if (block.pixel_scale_arcsec > 0) {
      p[3] = std::log(block.pixel_scale_arcsec);
      p[4] = 1;
    }
    const auto found = std::find(known_.begin(), known_.end(), band.name);
    if (found != known_.end()) ids[size_t(i)] = found - known_.begin();
  }
  const auto per_band =
      at::cat({nn::fourier_features(wavelength.to(options), frequencies_) * plain.narrow(1, 0, 1).to(options),
               plain.to(options)},
              1);
  const auto psf = wrap(block.psf_fwhm_arcsec, {n, c}).to(options).unsqueeze(2), has_psf = psf.gt(0).to(options);
  const auto x = at::cat(
      {per_band.unsqueeze(0).expand({n, c, per_band.size(1)}), psf.clamp_min(1e-3).log() * has_psf, has_psf}, 2);
  const auto device = physical_.fc1.weight.device();
  auto film = physical_(nn::onto(device, x));
  if (!known_.empty()) {
    const auto id = nn::onto(device, ids);
    film = film + (named_(id.clamp_min(0)) * id.ge(0).to(options.dtype()).unsqueeze(1)).unsqueeze(0);
  }
  return {1 + film.narrow(2, 0, width_), film.narrow(2, width_, width_)};
}

}  // namespace asterism::models
