#include "eval/held_out.h"

#include <gtest/gtest.h>

#include "modalities/light_curve.h"

namespace asterism::eval {
namespace {

TEST(HeldOut, IsAFifthAndStaysSo) {
  auto block = modalities::make_light_curves(1, 2000, {{"r", 6200, 0}}, "mag", "MJD");
  std::vector<modalities::LightCurvePoint> points;
  for (int k = 0; k < 2000; ++k)
    points.push_back({55000 + 0.37 * k, 0, 17.0F + 0.001F * float(k), 0.1F, false, k % 10 == 0});
  modalities::set_points(block, 0, points);
  const auto shown = without_held_out(block);
  EXPECT_NO_THROW(modalities::check("shown", modalities::Block(shown)));
  int held = 0, limits = 0;
  for (size_t k = 0; k < 2000; ++k) {
    held += block.mask[k] == 0 && shown.mask[k] != 0;
    limits += shown.upper_limit[k] != 0;
  }
  EXPECT_NEAR(held, 360, 60);
  EXPECT_NEAR(limits, 160, 25);
  // Known from outside: the same rule in another language gives the same points.
  EXPECT_FALSE(is_held_out(290.3, 18.29F) && is_held_out(291.35, 18.04F) && is_held_out(322.25, 18.18F));
}

}  // namespace
}  // namespace asterism::eval
