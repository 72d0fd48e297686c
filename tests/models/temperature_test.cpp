#include "models/temperature.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace asterism::models {
namespace {

// Answers that are normal distributions of one width, and truths that lie otherwise: too narrow by `wrong` where the
// first input was given, right where it was not.
struct Believed {
  at::Tensor given_RG, miss_R;
  double loss(const at::Tensor& log_t) const {
    const auto t = log_t.exp();  // p^(1/T) of a normal distribution is one whose variance is T times as large
    return (0.5 * log_t + 0.5 * miss_R.square() / t).mean().item<double>();
  }
};

Believed believed(double wrong) {
  const int64_t count = 20000;
  Believed out{at::zeros({count, 2}, at::kDouble), at::empty({count}, at::kDouble)};
  for (int64_t i = 0; i < count; ++i) {
    base::Random random(3, 0, uint64_t(i), "temperature");
    out.given_RG[i][0] = double(i % 2);
    out.given_RG[i][1] = double(i % 3 == 0);
    out.miss_R[i] = random.normal() * std::sqrt(i % 2 == 1 ? wrong : 1);
  }
  return out;
}

TEST(Temperature, IsOfWhatWasGiven) {
  const auto answers = believed(3);
  const auto fitted = fit_temperature([&](const at::Tensor& t) { return answers.loss(t); }, answers.given_RG);
  EXPECT_NEAR(std::exp(fitted.base), 1, 0.05);
  ASSERT_EQ(fitted.by_input.size(), 2u);
  EXPECT_NEAR(std::exp(fitted.by_input[0]), 3, 0.2);
  EXPECT_NEAR(fitted.by_input[1], 0, 0.05);
  const auto log_t = log_temperature_R(fitted, answers.given_RG);
  EXPECT_NEAR(log_t[1].item<double>(), fitted.base + fitted.by_input[0], 1e-12);
  EXPECT_LT(answers.loss(log_t), answers.loss(at::zeros({20000}, at::kDouble)) - 0.05);
}

TEST(Temperature, OneForAllIsTheBestOfOne) {
  const auto answers = believed(3);
  const auto one = fit_temperature([&](const at::Tensor& t) { return answers.loss(t); }, at::empty({20000, 0}));
  EXPECT_TRUE(one.by_input.empty());
  const auto variance = answers.miss_R.square().mean().item<double>();  // of a normal distribution T is this
  EXPECT_NEAR(std::exp(one.base), variance, 1e-3);
}

TEST(Temperature, StaysWithinItsLimits) {
  const auto answers = believed(400);
  const auto fitted = fit_temperature([&](const at::Tensor& t) { return answers.loss(t); }, answers.given_RG);
  const auto log_t = log_temperature_R(fitted, answers.given_RG);
  EXPECT_LE(log_t.abs().max().item<double>(), kWidestLogTemperature);
  EXPECT_NEAR(log_t[1].item<double>(), kWidestLogTemperature, 1e-6);
}

}  // namespace
}  // namespace asterism::models
