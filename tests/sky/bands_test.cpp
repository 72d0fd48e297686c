#include "sky/bands.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::sky {
namespace {

TEST(Bands, AgreeWithTheFilterItself) {
  // A smooth spectrum on the coarse grid, by the weights and by the filter's own integral.
  std::vector<double> wavelength, flux;
  for (int c = 0; c < kCoarseCells; ++c) {
    wavelength.push_back(coarse_angstrom(c));
    flux.push_back(1e-17 * std::pow(wavelength.back() / 5000, -1.2) * (1 + 0.2 * std::sin(wavelength.back() / 300)));
  }
  for (int b = 0; b < kBands; ++b) {
    const BandWeights& band = band_weights(BandId(b));
    double sum = 0;
    for (size_t k = 0; k < band.weight.size(); ++k) sum += double(band.weight[k]) * flux[size_t(band.first) + k];
    EXPECT_NEAR(sum / astro::filter(filter_name(BandId(b))).nanomaggies(wavelength, flux), 1, 5e-4)
        << filter_name(BandId(b));
  }
}

TEST(Bands, LineFluxIsThatOfANarrowSpectrum) {
  const double line = 6400, width = 20, flux = 3e-16;
  std::vector<double> w, f;
  for (double x = 6000; x < 7000; x += 0.5) {
    w.push_back(x);
    f.push_back(flux / (width * std::sqrt(2 * M_PI)) * std::exp(-0.5 * (x - line) * (x - line) / (width * width)));
  }
  EXPECT_NEAR(flux * band_weights(kDecamR).of_line(line) / astro::filter("decam2014-r").nanomaggies(w, f), 1, 0.01);
  EXPECT_LT(band_weights(kDecamR).of_line(9000),
            1e-2 * band_weights(kDecamR).of_line(line));  // a leak of the real filter
  EXPECT_EQ(band_weights(kDecamG).of_line(50000), 0);
}

}  // namespace
}  // namespace asterism::sky
