#include "nn/fourier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace asterism::nn {
namespace {

TEST(Fourier, FeaturesAreSinesThenCosines) {
  const auto y = fourier_features(at::tensor({0.3}, at::kDouble), at::tensor({1.0, 5.0}, at::kDouble));
  ASSERT_EQ(y.sizes(), at::IntArrayRef({1, 4}));
  const double tau = 2 * std::numbers::pi;
  for (int i = 0; i < 2; ++i) {
    const double f = i == 0 ? 1 : 5;
    EXPECT_NEAR(y[0][i].item<double>(), std::sin(tau * f * 0.3), 1e-12);
    EXPECT_NEAR(y[0][i + 2].item<double>(), std::cos(tau * f * 0.3), 1e-12);
  }
}

TEST(Fourier, LowPrecisionInputsAreLifted) {
  EXPECT_EQ(fourier_features(at::ones({2}, at::kBFloat16), at::ones({3})).scalar_type(), at::kFloat);
}

TEST(Fourier, FrequenciesAreGeometric) {
  const auto f = geometric_frequencies(0.5, 8, 5, at::kDouble);
  EXPECT_TRUE(at::allclose(f, at::tensor({0.5, 1.0, 2.0, 4.0, 8.0}, at::kDouble)));
}

TEST(Fourier, GridPutsTheRowInTheFirstHalf) {
  const int64_t D = 16;
  const auto grid = sincos_grid(3, 5, D).view({3, 5, D});
  for (int64_t k = 0; k < D / 4; ++k) {
    const double w = std::pow(10000.0, -double(k) / (D / 4));
    EXPECT_NEAR(grid[2][4][k].item<double>(), std::sin(2 * w), 1e-6);
    EXPECT_NEAR(grid[2][4][k + D / 4].item<double>(), std::cos(2 * w), 1e-6);
    EXPECT_NEAR(grid[2][4][k + D / 2].item<double>(), std::sin(4 * w), 1e-6);
    EXPECT_NEAR(grid[2][4][k + 3 * D / 4].item<double>(), std::cos(4 * w), 1e-6);
  }
}

TEST(Fourier, PositionsMayBeReal) {
  const auto whole = sincos_positions(4, 8);
  EXPECT_TRUE(at::allclose(sincos_positions(at::tensor({3.0}), 8)[0], whole[3]));
  EXPECT_EQ(whole[0][0].item<double>(), 0);
  EXPECT_EQ(whole[0][4].item<double>(), 1);
}

}  // namespace
}  // namespace asterism::nn
