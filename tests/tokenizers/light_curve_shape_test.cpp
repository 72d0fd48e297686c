#include "tokenizers/light_curve_shape.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace asterism::tokenizers {
namespace {

astro::Folded folded(double phase) {
  astro::Folded out;
  out.frequency = 1;
  for (int k = 1; k <= 3; ++k) {
    const double turn = 2 * std::numbers::pi * (k * phase + (k == 2 ? 0.3 : 0)), amplitude = 1.0 / k;
    out.cosine.push_back(amplitude * std::cos(turn));
    out.sine.push_back(amplitude * std::sin(turn));
  }
  return out;
}

TEST(LightCurveShape, DoesNotDependOnWhereTheCycleBegins) {
  const std::vector<ShapePoint> points{{0.5, 0.1, 0, 0}, {-0.5, 0.1, 0.3, 1}, {0.1, 0.1, 0, 0}};
  const auto a = shape_of(points, folded(0.1)), b = shape_of(points, folded(0.7));
  EXPECT_NEAR(a.ratio21, 0.5, 1e-9);
  EXPECT_NEAR(a.phase21, 0.3, 1e-9);
  EXPECT_NEAR(b.phase21, a.phase21, 1e-9);
  EXPECT_NEAR(std::cos(2 * std::numbers::pi * (b.phase31 - a.phase31)), 1, 1e-9);
}

TEST(LightCurveShape, ComesBackWithinItsTokensAndStaysInRange) {
  LightCurveShape shape;
  shape.amplitude = 0.7;
  shape.phase31 = 0.9;
  shape.blueness = -1.2;
  auto ids = shape_ids(shape, 1024);
  const auto back = shape_from(ids.data(), 1024);
  EXPECT_NEAR(back.amplitude, 0.7, 2e-3);
  EXPECT_NEAR(back.phase31, 0.9, 1e-3);
  EXPECT_NEAR(back.blueness, -1.2, 4e-3);
  shape.ratio21 = INFINITY;
  shape.roughness = NAN;
  ids = shape_ids(shape, 64);
  for (const int64_t id : ids) EXPECT_TRUE(id >= 0 && id < 64);
  for (const float number : shape_features(shape_from(ids.data(), 64))) EXPECT_TRUE(std::isfinite(number));
}

}  // namespace
}  // namespace asterism::tokenizers
