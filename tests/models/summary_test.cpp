#include "models/summary.h"

#include <gtest/gtest.h>

#include "../nn/gradient_check.h"

namespace asterism::models {
namespace {

TEST(Summary, WhatIsUsualIsOfWhatIsSeen) {
  const auto x = at::tensor({1.0, 5.0, 3.0, 7.0, 99.0, 7.0}).view({3, 2});
  const auto seen = at::tensor({1.0, 1.0, 1.0, 1.0, 0.0, 1.0}).view({3, 2});
  const auto out = usual(x, seen);
  EXPECT_NEAR(out[0][0].item<double>(), 2, 1e-12);
  EXPECT_NEAR(out[1][0].item<double>(), 1, 1e-12);
  EXPECT_NEAR(out[0][1].item<double>(), 19.0 / 3, 1e-12);
  const auto z = scaled(x, out, seen);
  EXPECT_NEAR(z[0][0].item<double>(), -1, 1e-12);
  EXPECT_EQ(z[2][0].item<double>(), 0) << "not seen";
  EXPECT_EQ(scaled(x * 1e9, out, seen).abs().max().item<double>(), 8);
}

TEST(Summary, ColumnsThatSayNothingStayInBounds) {
  const auto x = at::tensor({4.0, 1.0, 4.0, 2.0}).view({2, 2});
  const auto constant = usual(x, at::ones({2, 2}, at::kDouble)), nothing = usual(x, at::zeros({2, 2}, at::kDouble));
  EXPECT_EQ(constant[1][0].item<double>(), 1) << "no spread";
  EXPECT_EQ(nothing[1][1].item<double>(), 1);
  EXPECT_EQ(usual(x.narrow(0, 0, 1), at::ones({1, 2}, at::kDouble))[0][0].item<double>(), 0) << "one row";
  EXPECT_EQ(median_of(x, at::zeros({2, 2}, at::kDouble)), 0);
  EXPECT_EQ(median_of(x, at::tensor({1.0, 0.0, 0.0, 0.0}).view({2, 2})), 4);
}

TEST(Summary, JitterIsKeyed) {
  const Jitter jitter{0.1, {11, 12}, {1, 5, true}};
  const auto drawn = jitter("image", 2000);
  EXPECT_TRUE(jitter.drawn());
  EXPECT_TRUE(at::equal(drawn, jitter("image", 2000)));
  EXPECT_FALSE(at::allclose(drawn, jitter("spectrum", 2000)));
  EXPECT_FALSE(at::allclose(drawn, Jitter{0.1, {11, 12}, {1, 6, true}}("image", 2000)));
  EXPECT_TRUE(at::equal(drawn[1], Jitter{0.1, {12}, {1, 5, true}}("image", 2000)[0])) << "an object's alone";
  EXPECT_NEAR(drawn.std().item<double>(), 0.1, 0.01);
  EXPECT_FALSE((Jitter{0.1, {11}, {1, 5, false}}.drawn())) << "not when it is used";
  EXPECT_FALSE((Jitter{0, {11}, {1, 5, true}}.drawn()));
}

TEST(Summary, TheNetworkTellsFineStepsApartAndHasItsGradient) {
  nn::Parameters parameters;
  const SummaryNetwork network(nn::Scope(parameters, 3, "", at::kDouble), 8);
  const auto x = at::linspace(-2, 2, 24, at::kDouble).view({3, 8}).requires_grad_(true);
  const auto y = network(x);
  EXPECT_EQ(y.sizes(), x.sizes());
  const auto moved = (network(x + 0.01) - y).detach().narrow(1, 4, 4).abs();
  EXPECT_GT(moved.select(1, 3).max().item<double>(), 0.02) << "the fastest sine turns faster than its number";
  test::expect_gradients([&] { return network(x); }, {{"x", x}}, 6, 1e-6, 1e-6);
}

}  // namespace
}  // namespace asterism::models
