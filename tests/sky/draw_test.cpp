#include "sky/draw.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/cosmology.h"
#include "astro/photometry.h"

namespace asterism::sky {
namespace {

struct Sample {
  std::vector<ObjectTruth> galaxies, stars, quasars;
};

const Sample& sample() {
  static const Sample made = [] {
    Sample s;
    for (int64_t i = 0; i < 8000; ++i) {
      ObjectTruth t = draw_object(5, i);
      (t.kind == ObjectClass::galaxy ? s.galaxies : t.kind == ObjectClass::star ? s.stars : s.quasars).push_back(t);
    }
    return s;
  }();
  return made;
}

TEST(Draw, EveryTruthIsInItsRange) {
  for (const ObjectTruth& t : sample().galaxies) {
    const GalaxyTruth& g = t.galaxy;
    EXPECT_GT(t.redshift, 0);
    EXPECT_LT(t.redshift, 1.51);
    EXPECT_GT(g.log_stellar_mass, 5);
    EXPECT_LT(g.log_stellar_mass, 12.4);
    EXPECT_GT(g.age_gyr, 0);
    EXPECT_LT(g.age_gyr, astro::age_gyr(t.redshift));
    EXPECT_GE(g.log_ssfr, -14);
    EXPECT_LT(g.log_ssfr, -7.9);
    EXPECT_GE(g.bulge_fraction, 0);
    EXPECT_LE(g.bulge_fraction, 1);
    EXPECT_GT(g.half_light_arcsec, 0.01);
    EXPECT_GT(g.axis_ratio, 0.1);
    EXPECT_LE(g.axis_ratio, 1);
    EXPECT_NEAR(g.disc.mass_share + g.bulge.mass_share, 1, 1e-12);
  }
  for (const ObjectTruth& t : sample().quasars) EXPECT_GT(t.redshift, 0.1);
  for (const ObjectTruth& t : sample().stars) EXPECT_LT(std::abs(t.redshift), 0.003);
}

TEST(Draw, QuiescentGalaxiesAreOldRedAndRound) {
  double age[2] = {}, colour[2] = {}, ssfr[2] = {}, sersic[2] = {};
  int n[2] = {};
  for (const ObjectTruth& t : sample().galaxies) {
    if (t.redshift > 0.4 || t.r_magnitude > 20.5) continue;
    const ObjectLight light = light_of(t);
    const int k = t.galaxy.quiescent;
    ++n[k];
    age[k] += t.galaxy.age_gyr;
    ssfr[k] += t.galaxy.log_ssfr;
    sersic[k] += t.galaxy.sersic_n;
    colour[k] += astro::magnitude_of(light.total[kDecamG]) - astro::magnitude_of(light.total[kDecamR]);
  }
  ASSERT_GT(n[0], 300);
  ASSERT_GT(n[1], 300);
  EXPECT_GT(age[1] / n[1], age[0] / n[0] + 1);
  EXPECT_GT(colour[1] / n[1], colour[0] / n[0] + 0.2);
  EXPECT_LT(ssfr[1] / n[1], -11);
  EXPECT_NEAR(ssfr[0] / n[0], -10, 0.6);
  EXPECT_GT(sersic[1] / n[1], 2.3);
}

TEST(Draw, RedshiftsDeepenWithMagnitude) {
  const auto median = [](double low, double high) {
    std::vector<double> z;
    for (const ObjectTruth& t : sample().galaxies)
      if (t.r_magnitude >= low && t.r_magnitude < high) z.push_back(t.redshift);
    std::nth_element(z.begin(), z.begin() + int64_t(z.size() / 2), z.end());
    return z[z.size() / 2];
  };
  // DESI bright galaxies to r = 19.5 have a median near 0.2; zCOSMOS at 20.5 < r < 23 (and I < 22.5) of 0.47.
  EXPECT_NEAR(median(17.5, 19.5), 0.2, 0.06);
  EXPECT_NEAR(median(20.5, 23), 0.47, 0.08);
}

}  // namespace
}  // namespace asterism::sky
