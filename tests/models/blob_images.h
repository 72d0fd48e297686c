#pragma once
// Images for tests of augmentation: noise of known size, with or without a blob in the middle.

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "modalities/image.h"

namespace asterism::models::tiny {

struct BlobSettings {
  int64_t n = 1, side = 64;
  double peak = 0, sigma_pixels = 3, noise = 0.1;
  bool noisy = true;  // there is noise of that size, not only in the inverse variance
};

// Two bands, g and z, PSF 1.2 and 1.0 arcsec.
inline modalities::ImageBlock blobs(const BlobSettings& s) {
  auto out = modalities::make_images(s.n, {{"des-g", 4800, 1500}, {"des-z", 9200, 1500}}, s.side, s.side, "nanomaggy",
                                     0.262, true);
  out.present.assign(size_t(s.n), 1);
  std::fill(out.mask.begin(), out.mask.end(), uint8_t{0});
  std::fill(out.ivar.begin(), out.ivar.end(), float(1 / (s.noise * s.noise)));
  size_t k = 0;
  for (int64_t i = 0; i < s.n; ++i) {
    base::Random random(5, 0, uint64_t(i), "blobs");
    out.psf_fwhm_arcsec[size_t(2 * i)] = 1.2f;
    out.psf_fwhm_arcsec[size_t(2 * i + 1)] = 1.0f;
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t y = 0; y < s.side; ++y)
        for (int64_t x = 0; x < s.side; ++x) {
          const double middle = 0.5 * double(s.side - 1);
          const double away = std::pow(double(x) - middle, 2) + std::pow(double(y) - middle, 2);
          out.flux[k++] = float(s.peak * std::exp(-0.5 * away / (s.sigma_pixels * s.sigma_pixels)) +
                                (s.noisy ? s.noise * random.normal() : 0));
        }
  }
  return out;
}

inline std::vector<uint64_t> numbered(int64_t n) {
  std::vector<uint64_t> out;
  for (int64_t i = 0; i < n; ++i) out.push_back(uint64_t(i) * 7919 + 3);
  return out;
}

}  // namespace asterism::models::tiny
