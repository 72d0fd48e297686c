#include "tokenizers/light_curve_header.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::tokenizers {
namespace {

TEST(LightCurveHeader, ComesBackWithinItsTokens) {
  for (const bool magnitudes : {true, false}) {
    LightCurveHeader header;
    header.reference_day = 58123.4567;
    header.level = magnitudes ? 17.234 : -3.21;
    header.slope = -2.5;
    header.scale = 0.37;
    header.first = -0.25;
    header.span_day = 612;
    header.period_day = 0.54321;
    header.periodic = 0.9;
    const auto ids = header_ids(header, magnitudes, 1024);
    for (const int64_t id : ids) {
      EXPECT_GE(id, 0);
      EXPECT_LT(id, 1024);
    }
    const auto back = header_of(ids.data(), magnitudes, 1024);
    EXPECT_NEAR(back.reference_day, header.reference_day, 0.07);
    EXPECT_NEAR(back.level, header.level, 1e-4 * std::abs(header.level));
    EXPECT_NEAR(back.slope, header.slope, 1e-4);
    EXPECT_NEAR(back.scale, header.scale, 0.02 * header.scale);
    EXPECT_NEAR(back.first, header.first, 1e-3);
    EXPECT_NEAR(back.span_day, header.span_day, 0.01 * header.span_day);
    EXPECT_NEAR(back.period_day, header.period_day, 1e-5 * header.period_day);  // 1,000 cycles stay in step
    EXPECT_NEAR(back.periodic, header.periodic, 1e-3);
    EXPECT_EQ(header_ids(back, magnitudes, 1024), ids);
  }
}

TEST(LightCurveHeader, ExtremesStayInRange) {
  LightCurveHeader header;
  header.reference_day = 1e18;
  header.level = -1e30;
  header.slope = INFINITY;
  header.scale = 0;
  header.span_day = 0;
  header.period_day = 1e300;
  for (const bool magnitudes : {true, false}) {
    const auto ids = header_ids(header, magnitudes, 64);
    const auto back = header_of(ids.data(), magnitudes, 64);
    for (const float number : header_features(back, magnitudes)) EXPECT_TRUE(std::isfinite(number));
    EXPECT_GT(back.scale, 0);
    EXPECT_GT(back.period_day, 0);
  }
}

}  // namespace
}  // namespace asterism::tokenizers
