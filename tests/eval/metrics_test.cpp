#include "eval/metrics.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace asterism::eval {
namespace {

TEST(Metrics, QuantilesAreLinearBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(median({3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_DOUBLE_EQ(quantile({10, 20, 30, 40, 50}, 0.1), 14);
  EXPECT_DOUBLE_EQ(quantile({10, 20, 30, 40, 50}, 1), 50);
  EXPECT_DOUBLE_EQ(quantile({7}, 0.3), 7);
}

TEST(Metrics, SigmaNmadIsTheSpreadOfAGaussian) {
  base::Random random(1, 0, 0, "nmad");
  std::vector<double> truth, predicted;
  for (int i = 0; i < 40000; ++i) {
    truth.push_back(random.uniform(0, 3));
    predicted.push_back(truth.back() + (1 + truth.back()) * (0.01 + 0.02 * random.normal()));
  }
  EXPECT_NEAR(sigma_nmad(predicted, truth), 0.02, 0.0004);  // the constant shift of 0.01 does not count
  EXPECT_NEAR(redshift_bias(predicted, truth), 0.01, 0.0005);
}

TEST(Metrics, OutliersAreCountedInUnitsOfOnePlusZ) {
  const std::vector<double> truth = {0, 1, 1, 3}, predicted = {0.16, 1.29, 1.31, 3.5};
  EXPECT_DOUBLE_EQ(outlier_fraction(predicted, truth), 0.5);
}

TEST(Metrics, R2OfTheMeanIsZero) {
  const std::vector<double> truth = {1, 2, 3, 6}, mean(4, 3.0), same = truth;
  EXPECT_DOUBLE_EQ(r2(mean, truth), 0);
  EXPECT_DOUBLE_EQ(r2(same, truth), 1);
  EXPECT_TRUE(std::isnan(r2(mean, mean)));
  EXPECT_DOUBLE_EQ(mean_absolute_error(mean, truth), 1.5);
  EXPECT_DOUBLE_EQ(root_mean_square(mean, truth), std::sqrt(14.0 / 4));
}

TEST(Metrics, BalancedAccuracyDoesNotRewardTheMajority) {
  const std::vector<int64_t> truth = {0, 0, 0, 1}, all_zero = {0, 0, 0, 0};
  EXPECT_DOUBLE_EQ(accuracy(all_zero, truth), 0.75);
  EXPECT_DOUBLE_EQ(balanced_accuracy(all_zero, truth), 0.5);
}

TEST(Metrics, SpearmanSeesOrderOnly) {
  const std::vector<double> a = {1, 2, 3, 4}, b = {1, 10, 100, 1000}, c = {5, 5, 5, 5}, tied = {1, 1, 2, 2};
  EXPECT_DOUBLE_EQ(spearman(a, b), 1);
  EXPECT_TRUE(std::isnan(spearman(a, c)));
  EXPECT_NEAR(spearman(a, tied), 0.894427, 1e-6);  // scipy.stats.spearmanr
}

TEST(Metrics, RefusesWhatIsNotFinite) {
  const std::vector<double> good = {1, 2}, bad = {1, NAN}, short_one = {1};
  EXPECT_THROW(r2(good, bad), base::CheckError);
  EXPECT_THROW(sigma_nmad(good, short_one), base::CheckError);
}

}  // namespace
}  // namespace asterism::eval
