#include "sky/lens.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::sky {
namespace {

Structure point_like_source(double offset) {
  Structure s;
  s.lens.einstein_radius_arcsec = 1.5;
  s.lens.source_x_arcsec = offset;
  s.other.kind = ObjectClass::galaxy;
  s.other.galaxy.disc.half_light_arcsec = 0.12;
  s.other.galaxy.half_light_arcsec = 0.12;
  s.other.galaxy.bulge_fraction = 0;
  return s;
}

// An isothermal sphere: two images at theta_E + beta and beta - theta_E, magnified 1 + theta_E / beta and theta_E /
// beta - 1.
TEST(Lens, TwoImagesOfASphere) {
  const double beta = 0.6;
  double near_x = 0, near = 0, far_x = 0, far = 0;
  for (const LensedPoint& p : lensed_source(point_like_source(beta))) {
    (p.x_arcsec > 0 ? near : far) += p.amount;
    (p.x_arcsec > 0 ? near_x : far_x) += p.amount * p.x_arcsec;
  }
  EXPECT_NEAR(near, 1 + 1.5 / beta, 0.2);
  EXPECT_NEAR(far, 1.5 / beta - 1, 0.2);
  EXPECT_NEAR(near_x / near, 1.5 + beta, 0.12);
  EXPECT_NEAR(far_x / far, beta - 1.5, 0.12);
}

TEST(Lens, ARingWhereTheSourceIsBehind) {
  double sum = 0, radius = 0, x = 0;
  for (const LensedPoint& p : lensed_source(point_like_source(0))) {
    sum += p.amount;
    radius += p.amount * std::hypot(p.x_arcsec, p.y_arcsec);
    x += p.amount * p.x_arcsec;
  }
  EXPECT_NEAR(radius / sum, 1.5, 0.05);
  EXPECT_NEAR(x / sum, 0, 0.01);
  EXPECT_GT(sum, 10);
}

TEST(Lens, WithoutMassNothingMoves) {
  Lens lens;
  double x = 0, y = 0;
  source_plane(lens, 0.7, -0.3, x, y);
  EXPECT_NEAR(x, 0.7, 1e-12);
  EXPECT_NEAR(y, -0.3, 1e-12);
  lens.shear = 0.1;  // along x: stretches what lies along x
  source_plane(lens, 1, 1, x, y);
  EXPECT_NEAR(x, 0.9, 1e-12);
  EXPECT_NEAR(y, 1.1, 1e-12);
}

}  // namespace
}  // namespace asterism::sky
