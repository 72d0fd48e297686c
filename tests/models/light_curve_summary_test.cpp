#include "models/light_curve_summary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "modalities/light_curve.h"

namespace asterism::models {
namespace {

modalities::LightCurveBlock summarised_curves(const std::string& unit = "mag") {
  auto curves = modalities::make_light_curves(4, 5, {{"g", 4800, 0}, {"r", 6200, 0}, {"odd", 0, 0}}, unit, "MJD");
  modalities::set_points(curves, 0,
                         {{100, 0, 18, 0.1F}, {104, 1, 17, 0.1F}, {115, 1, 17.5F, 0.1F}, {143, 2, 20, 0.1F}});
  modalities::set_points(curves, 1, {{100, 1, 19, 0.1F, true}});  // masked
  modalities::set_points(curves, 2, {{100, 1, 16, 0.2F}});
  return curves;
}

TEST(LightCurveSummary, TheNumbersAreWhatAnyoneWouldMeasure) {
  const auto made = curve_numbers(summarised_curves(), {"r", "g"}, 1);
  const auto of = [&](int64_t i, int64_t k) { return made.values_NK[i][k].item<double>(); };
  EXPECT_EQ(of(0, 0), -17);
  EXPECT_EQ(of(0, 1), -17.5);  // the third of four, by brightness
  EXPECT_EQ(of(0, 2), -20);    // at last
  EXPECT_EQ(of(0, 3), -0.5);
  EXPECT_EQ(of(0, 4), -3);
  EXPECT_DOUBLE_EQ(of(0, 5), std::log1p(43));
  EXPECT_DOUBLE_EQ(of(0, 6), std::log(4));
  EXPECT_EQ(of(0, 7), -20);                            // as magnitudes have no sign
  EXPECT_EQ(of(0, 8), -0.5);                           // 11 days after the peak
  EXPECT_EQ(made.seen_NK[0][9].item<double>(), 0);     // nobody looked after 20
  EXPECT_EQ(of(0, 10), -3);                            // 39
  EXPECT_EQ(of(0, 11), 0);                             // r
  EXPECT_EQ(of(0, 12), -1);                            // g
  EXPECT_EQ(made.seen_NK[1].sum().item<double>(), 0);  // masked
  EXPECT_EQ(made.seen_NK[3].sum().item<double>(), 0);  // absent
  EXPECT_EQ(made.seen_NK[2][12].item<double>(), 0);
  auto fluxes = summarised_curves("nanomaggy");
  fluxes.value[0] = -200;  // fainter than the reference by more than anything else is brighter
  EXPECT_DOUBLE_EQ(curve_numbers(fluxes, {}, 2).values_NK[0][0].item<double>(), std::asinh(100.0));
  fluxes.value[3] = -1;
  EXPECT_DOUBLE_EQ(curve_numbers(fluxes, {}, 2).values_NK[0][7].item<double>(), -std::asinh(0.5));
}

TEST(LightCurveSummary, VectorsTellObjectsApartAndNoiseIsKeyed) {
  nn::Parameters parameters;
  LightCurveSummary summary(nn::Scope(parameters, 1), "lightcurve_x", {"g", "r"}, 8);
  const modalities::Block block = summarised_curves();
  EXPECT_THROW(summary(block, {}), base::UserError) << "not fitted";
  EXPECT_THROW(summary.fit(modalities::Block(modalities::ScalarBlock{})), base::UserError);
  summary.fit(block);
  const auto out = summary(block, {});
  EXPECT_EQ(out.seen_N, (std::vector<uint8_t>{1, 0, 1, 0}));
  EXPECT_EQ(out.vectors_NH[1].abs().max().item<float>(), 0);
  EXPECT_FALSE(at::allclose(out.vectors_NH[0], out.vectors_NH[2]));
  const auto drawn = [&](int64_t epoch, bool training) {
    return summary(block, {0.1, {1, 2, 3, 4}, {1, epoch, training}, 0.5}).vectors_NH;
  };
  EXPECT_TRUE(at::equal(drawn(3, true), drawn(3, true)));
  EXPECT_FALSE(at::allclose(drawn(3, true), drawn(4, true)));
  EXPECT_TRUE(at::equal(drawn(3, false), out.vectors_NH));
}

TEST(LightCurveSummary, LinearIsLinear) {
  nn::Parameters parameters;
  const SummaryNetwork network(nn::Scope(parameters, 1), 4, true);
  const auto x = at::randn({3, 4});
  EXPECT_TRUE(at::equal(network(x), x));
  const Jitter jitter{0, {1, 2, 3}, {1, 5, true}, 1};
  EXPECT_FALSE(jitter.drawn());
  EXPECT_FALSE(at::allclose(jitter.noised(x, "m"), x));
  EXPECT_TRUE(at::equal((Jitter{0, {1, 2, 3}, {1, 5, false}, 1}.noised(x, "m")), x));
}

}  // namespace
}  // namespace asterism::models
