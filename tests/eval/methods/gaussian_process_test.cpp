#include "eval/methods/gaussian_process.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace asterism::eval {
namespace {

CurvePoints bump(int64_t n, double error, uint64_t seed) {
  base::Random random(seed, 0, 0, "test.gaussian_process");
  CurvePoints out;
  for (int64_t i = 0; i < n; ++i) {
    const double t = random.uniform(0, 100);
    out.time_day.push_back(t);
    out.band.push_back(int32_t(random.below(2)));
    out.value.push_back(20 + 0.5 * out.band.back() - 2 * std::exp(-std::pow((t - 50) / 15, 2)) +
                        error * random.normal());
    out.error.push_back(error);
  }
  return out;
}

TEST(GaussianProcess, FollowsTheCurveBetweenThePoints) {
  const GaussianProcess process(bump(60, 0.05, 1));
  const auto others = bump(40, 0.05, 2);
  double chi = 0;
  for (size_t i = 0; i < others.size(); ++i)
    chi += std::pow((others.value[i] - process.mean(others.time_day[i], others.band[i])) / 0.05, 2) / 40;
  EXPECT_LT(chi, 2.5);
  EXPECT_GT(process.between_bands, 0.5);
  EXPECT_GT(process.days, 5);
}

// One point and a lone band: the weighted mean of both, pulled to the point by s^2 / (s^2 + error^2 + noise^2).
TEST(GaussianProcess, OfOnePointIsThatPoint) {
  const GaussianProcess process({{10}, {3}, {0.1}, {0}});
  EXPECT_NEAR(process.mean(10, 0), 3, 1e-9);
  EXPECT_NEAR(process.mean(500, 4), 3, 1e-9);
}

TEST(GaussianProcess, LikelihoodIsThatOfTheNormalDistribution) {
  const GaussianProcess process({{0, 1e7}, {1, -1}, {0.5, 0.5}, {0, 0}});  // too far apart to know each other
  const double variance = std::pow(process.deviation, 2) + std::pow(process.noise, 2) + 0.25;
  EXPECT_NEAR(process.log_likelihood, -std::log(2 * M_PI * variance) - 1 / variance, 0.05);
}

TEST(GaussianProcess, MeansOfBands) {
  const auto means = band_means({{0, 1, 2}, {1, 3, 10}, {1, 1, 1}, {0, 0, 2}}, 3);
  EXPECT_NEAR(means[0], 2, 1e-12);
  EXPECT_NEAR(means[1], 14.0 / 3, 1e-12);
  EXPECT_NEAR(means[2], 10, 1e-12);
}

}  // namespace
}  // namespace asterism::eval
