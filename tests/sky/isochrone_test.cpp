#include "sky/isochrone.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::sky {
namespace {

TEST(Isochrone, MassFunctionIsNormalised) {
  double mass = 0;
  for (double m = 0.1; m < 100; m *= 1.0005) mass += initial_mass_function(m * 1.00025) * m * 1.00025 * m * 0.0005;
  EXPECT_NEAR(mass, 1, 0.002);
  EXPECT_EQ(initial_mass_function(0.05), 0);
}

TEST(Isochrone, LifetimesAreThoseOfStars) {
  EXPECT_NEAR(lifetime_yr(1, 0) / 1e10, 1, 0.15);
  EXPECT_NEAR(lifetime_yr(10, 0) / 2.5e7, 1, 0.2);
  for (double m = 0.5; m < 90; m *= 1.3) EXPECT_GT(lifetime_yr(m, 0), lifetime_yr(m * 1.3, 0));
}

TEST(Isochrone, PopulationsFadeAndLoseMass) {
  double last = 1e9, last_mass = 1;
  for (const double age : {3e6, 1e7, 1e8, 1e9, 5e9, 1.2e10}) {
    double luminosity = 0;
    for (const StarBin& star : isochrone(age, 0)) {
      EXPECT_GE(star.number, 0);
      EXPECT_GT(star.teff_k, 2000);
      EXPECT_LT(star.teff_k, 80000);
      luminosity += star.number * star.luminosity;
    }
    EXPECT_LT(luminosity, last) << age;
    last = luminosity;
    EXPECT_LE(surviving_mass(age, 0), last_mass + 1e-3);
    last_mass = surviving_mass(age, 0);
  }
  // Chabrier: about 0.55 left after a Hubble time; bolometric light of old stars 0.2 to 0.8 suns per solar mass formed.
  EXPECT_NEAR(last_mass, 0.55, 0.06);
  EXPECT_GT(last, 0.1);
  EXPECT_LT(last, 1);
}

}  // namespace
}  // namespace asterism::sky
