#include "sky/rotation.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::sky {
namespace {

TEST(Rotation, TheMajorAxisIsFastestAndTheMinorStandsStill) {
  Rotation r;
  r.velocity_kms = 200;
  r.turnover_arcsec = 0.5;
  r.cos_inclination = 0.6;
  r.position_angle_deg = 90;  // to the east, which is -x
  EXPECT_NEAR(r.fastest_kms(), 160, 1e-9);
  EXPECT_NEAR(r.line_of_sight_kms(-5, 0), 160, 0.1);
  EXPECT_NEAR(r.line_of_sight_kms(5, 0), -160, 0.1);
  EXPECT_NEAR(r.line_of_sight_kms(0, 5), 0, 1e-6);
  EXPECT_EQ(r.line_of_sight_kms(0, 0), 0);
  EXPECT_LT(std::abs(r.line_of_sight_kms(-0.2, 0)), 80);  // rises
  r.cos_inclination = 1;
  EXPECT_EQ(r.line_of_sight_kms(-5, 0), 0);
}

TEST(Rotation, HeavyDiscsTurnFasterAndTheRestDoesNot) {
  ObjectTruth truth;
  truth.kind = ObjectClass::galaxy;
  double light = 0, heavy = 0;
  for (int64_t i = 0; i < 200; ++i) {
    truth.index = i;
    truth.galaxy.log_stellar_mass = 9;
    light += draw_rotation(truth).velocity_kms / 200;
    truth.galaxy.log_stellar_mass = 11;
    const auto one = draw_rotation(truth);
    heavy += one.velocity_kms / 200;
    EXPECT_EQ(one.velocity_kms, draw_rotation(truth).velocity_kms);
    EXPECT_EQ(std::abs(one.side), 1);
  }
  EXPECT_NEAR(light, 76, 4);
  EXPECT_NEAR(heavy, 240, 12);
  truth.kind = ObjectClass::star;
  EXPECT_EQ(draw_rotation(truth).velocity_kms, 0);
}

}  // namespace
}  // namespace asterism::sky
