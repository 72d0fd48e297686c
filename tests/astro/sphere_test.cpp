#include "astro/sphere.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "golden.h"

namespace asterism::astro {
namespace {

TEST(Sphere, SeparationsAndAnglesOfAstropy) {
  for (const auto& row : golden_rows("separation")) {
    const SkyPosition a{std::stod(row[0]), std::stod(row[1])}, b{std::stod(row[2]), std::stod(row[3])};
    const double s = std::stod(row[4]);
    EXPECT_NEAR(separation_deg(a, b), s, 1e-13 + 1e-12 * s);
    if (s > 1e-7) {
      EXPECT_NEAR(position_angle_deg(a, b), std::stod(row[5]), 1e-4);
    }
  }
}

TEST(Sphere, OffsetsComeBack) {
  base::Random random(1, 0, 0, "sphere");
  for (int i = 0; i < 2000; ++i) {
    const SkyPosition a{random.uniform(0, 360), random.uniform(-89, 89)};
    const double angle = random.uniform(0, 360), s = std::pow(10.0, random.uniform(-8, 2));
    const SkyPosition b = offset_by(a, angle, s);
    EXPECT_NEAR(separation_deg(a, b), s, 2e-13 + 1e-13 * s);
    EXPECT_NEAR(separation_deg(a, position_of(unit_vector(a))), 0, 1e-13);
    if (s < 30) {
      const TangentOffset t = to_tangent_plane(a, b);
      EXPECT_NEAR(std::hypot(t.xi_deg, t.eta_deg), std::tan(s * kDegree) / kDegree, 1e-12 + 1e-12 * s);
      EXPECT_LT(separation_deg(from_tangent_plane(a, t), b), 1e-13);
    }
  }
}

TEST(Sphere, EdgesOfTheSphere) {
  EXPECT_DOUBLE_EQ(separation_deg({0, 90}, {123, -90}), 180);
  EXPECT_NEAR(separation_deg({359.9999999, 0}, {0.0000001, 0}), 2e-7, 1e-13);
  EXPECT_EQ(wrap_ra(-1e-20), 0);
  EXPECT_EQ(wrap_ra(725), 5);
  EXPECT_THROW(to_tangent_plane({0, 0}, {180, 0}), base::CheckError);
  EXPECT_THROW(position_of({0, 0, 0}), base::CheckError);
}

}  // namespace
}  // namespace asterism::astro
