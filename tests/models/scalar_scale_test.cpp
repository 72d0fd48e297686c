#include "models/scalar_scale.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

modalities::ScalarBlock scaled_block(std::vector<double> values, bool has_error = false) {
  auto b = tiny::scalar(int64_t(values.size()), has_error);
  std::copy(values.begin(), values.end(), b.value.begin());
  if (has_error) std::fill(b.error.begin(), b.error.end(), 0.5);
  return b;
}

TEST(ScalarScale, EveryKindBringsTheBulkToAboutTwo) {
  std::vector<double> values;
  for (uint64_t i = 0; i < 2000; ++i) values.push_back(3 * std::exp(base::Random(1, 0, i, "test").normal() * 1.5));
  double knots[kRankKnots];
  for (const char* kind : {"auto", "linear", "asinh", "rank"}) {
    const auto scale = fit_scale("x", scaled_block(values, true), kind, knots);
    int64_t inside = 0;
    for (const double v : values) inside += std::abs(scale(v, 0.5).value) <= 2.5;
    EXPECT_GT(inside, 1700) << kind;
    for (const double v : {0.5, 3.0, 40.0}) {  // the error follows the slope
      const double slope = (scale(v + 1e-6, 0).value - scale(v - 1e-6, 0).value) / 2e-6;
      EXPECT_NEAR(scale(v, 0.5).error, 0.5 * slope, 1e-4 * slope + 1e-9) << kind;
    }
  }
  EXPECT_EQ(fit_scale("x", scaled_block(values), "auto", knots).kind, ScaleKind::asinh);
}

TEST(ScalarScale, SymmetricValuesStayLinear) {
  std::vector<double> values;
  for (uint64_t i = 0; i < 500; ++i) values.push_back(20 + 2 * base::Random(1, 0, i, "test").normal());
  double knots[kRankKnots];
  const auto scale = fit_scale("mag", scaled_block(values), "auto", knots);
  EXPECT_EQ(scale.kind, ScaleKind::linear);
  EXPECT_NEAR(scale(20, 0).value, 0, 0.15);
  EXPECT_NEAR(scale(22, 0).value, 1, 0.2);
}

// A mean over the bands of an object is weighted by them.
TEST(ScalarScale, NoFluxOrErrorMakesABrightnessThatIsNotFinite) {
  double knots[kRankKnots];
  const auto scale = fit_scale("flux_g", scaled_block({-1, 0, 0.001, 0.002, 1, 2, 3, 4, 5, 1000}), "asinh", knots);
  for (const double v : {-1e308, 0.0, 5.0, 1e308})
    for (const double e : {0.0, 1.0, 1e308}) {
      const auto seen = scale.brightness(v, e);
      EXPECT_TRUE(std::isfinite(seen.value)) << v;
      EXPECT_GT(1 / (seen.error * seen.error + 1e-4), 0) << v << " +- " << e;
    }
}

TEST(ScalarScale, ConstantsRepeatsAndExtremesStayFinite) {
  double knots[kRankKnots];
  for (const char* kind : {"auto", "linear", "asinh", "rank"})
    for (const auto& values : {std::vector<double>(10, 5.0), std::vector<double>(10, 0.0),
                               std::vector<double>{0, 0, 0, 0, 1}, std::vector<double>{-1e300, 1e300}}) {
      const auto scale = fit_scale("x", scaled_block(values), kind, knots);
      for (const double v : {-1e308, 0.0, 5.0, 1e308}) {
        EXPECT_TRUE(std::isfinite(scale(v, 1).value)) << kind << v;
        EXPECT_TRUE(std::isfinite(scale(v, 1).error)) << kind << v;
      }
    }
  EXPECT_THROW(fit_scale("x", scaled_block({}), "auto", knots), base::UserError);
}

}  // namespace
}  // namespace asterism::models
