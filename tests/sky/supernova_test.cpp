#include "sky/supernova.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/cosmology.h"
#include "astro/photometry.h"

namespace asterism::sky {
namespace {

double magnitudes_below_peak(Explosion kind, double day, double w = 4400) {
  return -2.5 * std::log10(supernova_shape(kind, day, w));
}

TEST(Supernova, LightCurvesAreTheStatedOnes) {
  for (const Explosion kind : {Explosion::ia, Explosion::ii, Explosion::ibc}) {
    EXPECT_NEAR(supernova_shape(kind, 0, 4400), 1, 0.01);
    EXPECT_EQ(supernova_shape(kind, -25, 4400), 0);
    for (double day = -30; day < 300; day += 0.5) EXPECT_GE(supernova_shape(kind, day, 4400), 0);
    EXPECT_NEAR(supernova_shape(kind, -1e-9, 5000), supernova_shape(kind, 1e-9, 5000), 1e-4);
  }
  EXPECT_NEAR(magnitudes_below_peak(Explosion::ia, 15), 1.1, 0.01);
  EXPECT_NEAR(magnitudes_below_peak(Explosion::ia, 100) - magnitudes_below_peak(Explosion::ia, 60), 40 * 0.0155, 0.01);
  EXPECT_NEAR(magnitudes_below_peak(Explosion::ii, 160) - magnitudes_below_peak(Explosion::ii, 150), 0.098, 0.01);
  EXPECT_GT(magnitudes_below_peak(Explosion::ii, 130) - magnitudes_below_peak(Explosion::ii, 90), 2);
}

TEST(Supernova, ColoursAreThoseOfACoolingBody) {
  const auto colour = [](Explosion kind, double day) {  // B - r
    return magnitudes_below_peak(kind, day) - magnitudes_below_peak(kind, day, 6200);
  };
  EXPECT_GT(colour(Explosion::ia, 30), colour(Explosion::ia, 0) + 0.5);
  EXPECT_GT(colour(Explosion::ii, 60), colour(Explosion::ii, 0) + 0.5);
  // Blanketed in the ultraviolet; the second maximum of the i band.
  EXPECT_LT(supernova_shape(Explosion::ia, 0, 2500), 0.1);
  const auto fall = [](double w) {  // magnitudes a day around day 20
    return (magnitudes_below_peak(Explosion::ia, 23, w) - magnitudes_below_peak(Explosion::ia, 17, w)) / 6;
  };
  EXPECT_LT(fall(7600), fall(6200) - 0.02);
}

TEST(Supernova, PeakMagnitudeFollowsDistanceAndDustReddens) {
  const SupernovaTruth plain{Explosion::ia, 61000, -19.25, 1, 0};
  for (const double z : {0.05, 0.3}) {
    const double flux = supernova_flux(plain, z, 61000, 4400 * (1 + z));
    EXPECT_NEAR(astro::magnitude_of(flux), -19.25 + astro::distance_modulus(z) - 2.5 * std::log10(1 + z), 0.01);
  }
  // Time dilation: 15 days at rest.
  const double ratio = supernova_flux(plain, 0.5, 61000 + 22.5, 6600) / supernova_flux(plain, 0.5, 61000, 6600);
  EXPECT_NEAR(-2.5 * std::log10(ratio), 1.1, 0.02);
  SupernovaTruth dusty = plain;
  dusty.reddening = 0.3;
  EXPECT_NEAR(supernova_flux(dusty, 0.1, 61000, 4840) / supernova_flux(plain, 0.1, 61000, 4840), 1, 1e-6);
  EXPECT_GT(supernova_flux(dusty, 0.1, 61000, 7000), 1.2 * supernova_flux(plain, 0.1, 61000, 7000));
}

}  // namespace
}  // namespace asterism::sky
