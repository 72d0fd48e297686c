#include "nn/row_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace asterism::nn {
namespace {

// 19 numbers: two vectors of eight and three left over.
std::vector<float> row(double low, double high, double turn = 1) {
  std::vector<float> out;
  for (int i = 0; i < 19; ++i) out.push_back(float(low + (high - low) * std::abs(std::sin(turn * (i + 1)))));
  return out;
}

TEST(RowMath, SoftmaxAgreesWithDoubles) {
  for (const double high : {1.0, 60.0, 1000.0}) {
    const auto x = row(-high, high);
    double most = -1e300, sum = 0;
    for (float v : x) most = std::max(most, double(v));
    for (float v : x) sum += std::exp(v - most);
    auto p = x;
    const auto found = exp_of_row(p.data(), 19);
    EXPECT_EQ(found.largest, float(most));
    EXPECT_NEAR(std::log(found.of_exp), std::log(sum), 1e-6 * high);
    for (int i = 0; i < 19; ++i) EXPECT_NEAR(p[i] / found.of_exp, std::exp(x[i] - most) / sum, 1e-6) << i;
  }
}

TEST(RowMath, ExponentialsAreGoodToTheLastDigits) {
  for (const double low : {-80.0, -1e-3, 0.0}) {
    const auto x = row(low, low + 8, 0.7);
    auto y = x;
    exp_row(y.data(), 19, 0.5F);
    for (int i = 0; i < 19; ++i) EXPECT_NEAR(y[i] / std::exp(double(x[i] - 0.5F)), 1, 3e-7) << x[i];
  }
}

TEST(RowMath, NormAgreesWithDoubles) {
  for (const double base : {0.0, 1000.0}) {
    auto x = row(base - 1, base + 1);
    x.resize(35, float(base));  // two runs of sixteen and three left over
    const auto gain = std::vector<float>(35, 2.0F), shift = std::vector<float>(35, 0.5F);
    double mean = 0, variance = 0;
    for (const float v : x) mean += v / 35.0;
    for (const float v : x) variance += (v - mean) * (v - mean) / 35;
    std::vector<float> plain(35), whole(35);
    norm_row(x.data(), 35, nullptr, nullptr, 1e-6F, plain.data());
    norm_row(x.data(), 35, gain.data(), shift.data(), 1e-6F, whole.data());
    for (size_t i = 0; i < 35; ++i) {
      const double wanted = (x[i] - mean) / std::sqrt(variance + 1e-6);
      EXPECT_NEAR(plain[i], wanted, base > 0 ? 1e-3 : 1e-5) << i;
      EXPECT_NEAR(whole[i], 2 * wanted + 0.5, base > 0 ? 2e-3 : 2e-5) << i;
    }
  }
}

TEST(RowMath, NotANumberIsNotLost) {
  for (const int where : {3, 17}) {
    auto x = row(-1, 1);
    x[size_t(where)] = std::numeric_limits<float>::quiet_NaN();
    auto out = x;
    swiglu_row(x.data(), x.data(), out.data(), 19);
    EXPECT_TRUE(std::isnan(out[size_t(where)]));
    EXPECT_FALSE(std::isnan(out[0]));
    EXPECT_TRUE(std::isnan(exp_of_row(x.data(), 19).of_exp));
  }
}

TEST(RowMath, SoftmaxGradientIsTheFormula) {
  const auto p = row(0, 1), g = row(-1, 1, 0.3);
  auto out = g;
  softmax_backward_row(out.data(), p.data(), 19, 0.25F, 0.5F);
  for (int i = 0; i < 19; ++i) EXPECT_NEAR(out[i], p[i] * (g[i] - 0.25) * 0.5, 1e-6);
  double sum = 0;
  for (int i = 0; i < 19; ++i) sum += double(p[i]) * g[i];
  EXPECT_NEAR(dot_row(p.data(), g.data(), 19), sum, 1e-5);
}

TEST(RowMath, SwigluAndItsGradientAgreeWithDoubles) {
  const auto a = row(-20, 20, 0.9), b = row(-2, 2, 1.3), g = row(-1, 1, 0.4);
  auto out = a, of_a = a, of_b = a;
  swiglu_row(a.data(), b.data(), out.data(), 19);
  swiglu_backward_row(g.data(), a.data(), b.data(), of_a.data(), of_b.data(), 19);
  const auto silu = [](double x) { return x / (1 + std::exp(-x)); };
  for (int i = 0; i < 19; ++i) {
    EXPECT_NEAR(out[i], silu(a[i]) * b[i], 1e-5);
    EXPECT_NEAR(of_a[i], g[i] * b[i] * (silu(a[i] + 1e-5) - silu(a[i] - 1e-5)) / 2e-5, 1e-5);
    EXPECT_NEAR(of_b[i], g[i] * silu(a[i]), 1e-5);
  }
}

}  // namespace
}  // namespace asterism::nn
