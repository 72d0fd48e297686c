#include "astro/noise.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/photometry.h"

namespace asterism::astro {
namespace {

TEST(Noise, OptimalFluxOfAPointSourceHasTheStatedDepth) {
  const double sigma = sigma_of_fwhm(1.3) / 0.262;
  double sum = 0, squares = 0;  // of the PSF sampled on pixels
  for (int y = -40; y <= 40; ++y)
    for (int x = -40; x <= 40; ++x) {
      const double p = std::exp(-0.5 * (x * x + y * y) / (sigma * sigma));
      sum += p;
      squares += p * p;
    }
  squares /= sum * sum;
  EXPECT_NEAR(effective_pixels(sigma), 1 / squares, 1e-6 / squares);
  const double flux_error = pixel_noise(24.7, sigma) / std::sqrt(squares);
  EXPECT_NEAR(magnitude_of(5 * flux_error), 24.7, 1e-6);
  EXPECT_NEAR(sigma_of_fwhm(2.3548200450309493), 1, 1e-12);
}

}  // namespace
}  // namespace asterism::astro
