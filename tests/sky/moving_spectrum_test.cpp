#include "sky/moving_spectrum.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sky/broaden.h"

namespace asterism::sky {
namespace {

Sed flat_with_a_line() {
  Sed sed;
  sed.continuum.fine.assign(kFineCells, 2.0f);
  sed.lines.push_back({6000, 50, 60});
  return sed;
}

std::vector<double> ten_angstrom_pixels() {
  std::vector<double> edges;
  for (int i = 0; i <= 200; ++i) edges.push_back(5000 + 10.0 * i);
  return edges;
}

// The centre of what stands above the continuum.
double centre_of_line(const std::vector<float>& flux, double continuum, double* total) {
  double sum = 0, moment = 0;
  for (size_t i = 0; i < flux.size(); ++i) {
    sum += (double(flux[i]) - continuum) * 10;
    moment += (double(flux[i]) - continuum) * 10 * (5005 + 10.0 * double(i));
  }
  *total = sum;
  return moment / sum;
}

TEST(MovingSpectrum, KeepsTheLightAndShiftsIt) {
  const MovingSpectrum spectrum(flat_with_a_line(), 0.1, 150, 70);
  double still = 0, moving = 0;
  const auto at_rest = spectrum.on(ten_angstrom_pixels(), 0);
  ASSERT_EQ(at_rest.size(), 200u);
  EXPECT_NEAR(at_rest[10], 2, 1e-3);
  const double centre = centre_of_line(at_rest, 2, &still);
  const double doppler = 1 + 1500 / kLightKms;  // a stretched continuum is as much fainter
  const double shifted = centre_of_line(spectrum.on(ten_angstrom_pixels(), 1500), 2 / doppler, &moving);
  EXPECT_NEAR(centre, 6000, 1);
  EXPECT_NEAR(shifted, 6000 * doppler, 1);
  EXPECT_NEAR(still, 50, 0.3);
  EXPECT_NEAR(moving, 50, 0.3);
}

TEST(MovingSpectrum, NothingBeyondTheGrid) {
  const MovingSpectrum spectrum(flat_with_a_line(), 0, 0, 70);
  const auto flux = spectrum.on(std::vector<double>{20000, 20010, 20020}, 0);
  EXPECT_EQ(flux[0], 0);
  EXPECT_EQ(flux[1], 0);
}

}  // namespace
}  // namespace asterism::sky
