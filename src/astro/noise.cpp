#include "astro/noise.h"

#include <cmath>
#include <numbers>

#include "astro/photometry.h"

namespace asterism::astro {

double sigma_of_fwhm(double fwhm) { return fwhm / (2 * std::sqrt(2 * std::numbers::ln2)); }

double effective_pixels(double sigma_pixels) { return 4 * std::numbers::pi * sigma_pixels * sigma_pixels; }

double pixel_noise(double depth_5sigma, double psf_sigma_pixels) {
  return nanomaggy_of(depth_5sigma) / 5 / std::sqrt(effective_pixels(psf_sigma_pixels));
}

}  // namespace asterism::astro
