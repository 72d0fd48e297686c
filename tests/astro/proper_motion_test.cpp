#include "astro/proper_motion.h"

#include <gtest/gtest.h>

namespace asterism::astro {
namespace {

// Barnard's star between 1991.25 and 2016.0; the expected place is that of astropy 8.0,
// SkyCoord(ra, dec, pm_ra_cosdec, pm_dec, obstime=Time(1991.25, format="jyear")).apply_space_motion(2016.0).
TEST(ProperMotion, MovesAsAstropyDoes) {
  const SkyPosition p = moved({269.45402305, 4.66828815}, {-797.84, 10326.93}, 24.75);
  EXPECT_NEAR(p.ra_deg, 269.4485190860106, 1e-9);
  EXPECT_NEAR(p.dec_deg, 4.739285735644318, 1e-9);
}

TEST(ProperMotion, CrossesThePoleAndRaZero) {
  const SkyPosition over = moved({10, 89.9999}, {0, 1000}, 720);  // 0.36" to the pole, 0.2 degrees in all
  EXPECT_NEAR(over.ra_deg, 190, 1e-6);
  EXPECT_NEAR(over.dec_deg, 90 - (0.2 - 0.0001), 1e-6);
  const SkyPosition across = moved({0, 0}, {-3600, 0}, 1000);
  EXPECT_NEAR(across.ra_deg, 359, 1e-3);
  EXPECT_NEAR(separation_deg(across, {0, 0}), 1, 2e-4);
}

TEST(ProperMotion, NoMotionNoChange) {
  const SkyPosition p = moved({123.456, -45.6}, {0, 0}, 100);
  EXPECT_EQ(p.ra_deg, 123.456);
  EXPECT_EQ(p.dec_deg, -45.6);
}

}  // namespace
}  // namespace asterism::astro
