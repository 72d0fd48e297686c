#include "astro/wavelength.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::astro {
namespace {

TEST(Wavelength, AirWavelengthsOfKnownLines) {
  // SDSS table of lines: vacuum and air.
  EXPECT_NEAR(air_of_vacuum(6564.614), 6562.801, 0.003);
  EXPECT_NEAR(air_of_vacuum(5008.240), 5006.843, 0.003);
  EXPECT_NEAR(air_of_vacuum(4862.683), 4861.325, 0.003);
  EXPECT_NEAR(air_of_vacuum(3934.777), 3933.663, 0.003);
}

TEST(Wavelength, AirAndBackAndTheOlderFormula) {
  for (double vacuum = 2001; vacuum < 25000; vacuum += 137.7) {
    EXPECT_NEAR(vacuum_of_air(air_of_vacuum(vacuum)) / vacuum, 1, 1e-12);
    EXPECT_NEAR(air_of_vacuum_morton(vacuum) / air_of_vacuum(vacuum), 1, 2e-6);
  }
  EXPECT_THROW(air_of_vacuum(1215), base::CheckError);
}

TEST(Wavelength, GridsAndInterpolation) {
  const auto grid = log_grid(3.58, 1e-4, 3900);
  EXPECT_NEAR(std::log10(grid.back()), 3.58 + 0.3899, 1e-12);
  EXPECT_EQ(linear_grid(3600, 0.8, 7781).back(), 3600 + 0.8 * 7780);
  const std::vector<double> x{1, 2, 4}, y{10, 20, 0};
  EXPECT_EQ(interpolate(x, y, std::vector<double>{0.5, 1, 1.5, 3, 4, 4.1}), (std::vector<double>{0, 10, 15, 10, 0, 0}));
  EXPECT_EQ(find_interval(x, 0.9), -1);
  EXPECT_EQ(find_interval(x, 2.0), 1);
  EXPECT_EQ(find_interval(x, 9.0), 2);
}

}  // namespace
}  // namespace asterism::astro
