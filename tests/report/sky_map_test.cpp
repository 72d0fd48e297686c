#include "report/sky_map.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::report {
namespace {

TEST(Mollweide, KnownPlaces) {
  EXPECT_NEAR(mollweide(180, 0, 180).first, 0, 1e-12);
  EXPECT_NEAR(mollweide(90, 0, 180).first, 1, 1e-12);  // smaller right ascension: to the right
  EXPECT_NEAR(mollweide(270, 0, 180).first, -1, 1e-12);
  EXPECT_NEAR(mollweide(10, 90, 180).second, 1, 1e-9);
  EXPECT_NEAR(mollweide(10, -90, 180).first, 0, 1e-3);
  EXPECT_NEAR(mollweide(-90, 0, 180).first, mollweide(270, 0, 180).first, 1e-12);
  EXPECT_TRUE(std::isnan(mollweide(10, 91, 180).first));
  EXPECT_TRUE(std::isnan(mollweide(std::nan(""), 0, 180).first));
}

// Equal area: the part of the map's ellipse below a parallel is the part of the sphere below it, (1 + sin dec) / 2.
TEST(Mollweide, EqualArea) {
  for (double dec = -85; dec < 90; dec += 10) {
    const double y = mollweide(0, dec, 0).second;
    const double below = 0.5 + (std::asin(y) + y * std::sqrt(1 - y * y)) / M_PI;
    EXPECT_NEAR(below, (1 + std::sin(dec * M_PI / 180)) / 2, 1e-10) << dec;
  }
}

TEST(SkyMap, HasGridAndPoints) {
  const Figure figure = sky_map({{.ra_deg = {10, 350}, .dec_deg = {5, -5}, .name = "two"}}, 0);
  EXPECT_TRUE(figure.bare);
  int points = 0;
  for (const auto& mark : figure.marks) {
    if (const auto* scatter = std::get_if<Scatter>(&mark)) {
      points += static_cast<int>(scatter->x.size());
      EXPECT_LT(scatter->x[0], 0);
      EXPECT_GT(scatter->x[1], 0);
      EXPECT_EQ(scatter->hover[0], "RA 10.0000\u00b0, Dec +5.0000\u00b0");
    }
  }
  EXPECT_EQ(points, 2);
  EXPECT_NE(figure.caption.find("2 objects"), std::string::npos) << figure.caption;
  EXPECT_NO_THROW(to_plotly_json(figure));
  EXPECT_THROW(sky_map({{.ra_deg = {1}, .dec_deg = {}}}), base::UserError);
}

}  // namespace
}  // namespace asterism::report
