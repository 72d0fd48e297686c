#include "eval/methods/kraskov.h"

#include <gtest/gtest.h>

#include "tests/eval/methods/gaussian_pairs.h"

namespace asterism::eval {
namespace {

TEST(Kraskov, TellsTheInformationOfGaussians) {
  for (const auto& [width, correlation, error] :
       {std::tuple{1, 0.0, 0.1}, {1, 0.9, 0.1}, {1, 0.999, 0.1}, {3, 0.6, 0.1}}) {
    const auto pairs = gaussian_pairs(1500, width, correlation);
    EXPECT_NEAR(kraskov_information(pairs.a_ND, pairs.b_ND), pairs.information, error)
        << width << " numbers, correlation " << correlation;
  }
}

// The estimator is about the quantities, not about the units they are in.
TEST(Kraskov, UnitsAndPlacesDoNotCount) {
  const auto pairs = gaussian_pairs(500, 2, 0.7);
  const auto stretched = 1e6 + pairs.b_ND * at::tensor({1e-3, 1e3}, at::kDouble);
  EXPECT_NEAR(kraskov_information(pairs.a_ND, stretched), kraskov_information(pairs.a_ND, pairs.b_ND), 1e-6);
}

// Against the definition, sample by sample.
TEST(Kraskov, CountsAsThePaperDoes) {
  const auto pairs = gaussian_pairs(60, 2, 0.5);
  const int64_t n = 60, k = 3;
  const auto unit = [](const at::Tensor& x) { return (x - x.mean(0)) / x.var(0, /*unbiased=*/false).sqrt(); };
  const auto a = unit(pairs.a_ND), b = unit(pairs.b_ND);
  const auto psi = [](double x) { return at::digamma(at::full({}, x, at::kDouble)).item<double>(); };
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    const auto in_a = (a - a[i]).abs().amax(1), in_b = (b - b[i]).abs().amax(1);
    std::vector<double> joint;
    for (int64_t j = 0; j < n; ++j)
      if (j != i) joint.push_back(std::max(in_a[j].item<double>(), in_b[j].item<double>()));
    std::sort(joint.begin(), joint.end());
    int64_t nearer_a = 0, nearer_b = 0;
    for (int64_t j = 0; j < n; ++j) {
      nearer_a += j != i && in_a[j].item<double>() < joint[size_t(k - 1)];
      nearer_b += j != i && in_b[j].item<double>() < joint[size_t(k - 1)];
    }
    sum += psi(double(nearer_a + 1)) + psi(double(nearer_b + 1));
  }
  EXPECT_NEAR(kraskov_information(pairs.a_ND, pairs.b_ND, k), psi(k) + psi(n) - sum / n, 1e-9);
}

TEST(Kraskov, TheIntervalHoldsTheTruth) {
  const auto pairs = gaussian_pairs(1000, 1, 0.8);
  const auto interval = kraskov_interval(pairs.a_ND, pairs.b_ND);
  EXPECT_LT(interval.low, pairs.information);
  EXPECT_GT(interval.high, pairs.information);
  EXPECT_LT(interval.high - interval.low, 0.3);
  EXPECT_GT(interval.high - interval.low, 0.02);
}

}  // namespace
}  // namespace asterism::eval
