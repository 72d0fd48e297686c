#include "eval/class_probabilities.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace asterism::eval {
namespace {

TEST(ClassProbabilities, LossesByHand) {
  const std::vector<double> p{0.7, 0.2, 0.1}, sure{0, 1, 0};
  EXPECT_NEAR(class_log_loss(p, 1), -std::log(0.2), 1e-12);
  EXPECT_NEAR(class_log_loss(sure, 0), -std::log(kLeastProbability), 1e-9) << "finite";
  EXPECT_NEAR(brier_score(p, 0), 0.09 + 0.04 + 0.01, 1e-12);
  EXPECT_NEAR(brier_score(sure, 1), 0, 1e-12);
  EXPECT_NEAR(brier_score(sure, 2), 2, 1e-12);
  EXPECT_THROW(class_log_loss(p, 3), base::CheckError);
  EXPECT_THROW(brier_score(p, -1), base::CheckError);
}

TEST(ClassProbabilities, ReliabilityIsOfBinsOfAsManyObjects) {
  const std::vector<double> said{0.9, 0.5, 0.6, 0.8, 1.0};
  const std::vector<uint8_t> right{1, 0, 1, 0, 1};
  const auto two = reliability(said, right, 2);
  EXPECT_EQ(two.objects, (std::vector<int64_t>{2, 3}));
  EXPECT_NEAR(two.confidence[0], 0.55, 1e-12);
  EXPECT_NEAR(two.right[0], 0.5, 1e-12);
  EXPECT_NEAR(two.confidence[1], 0.9, 1e-12);
  EXPECT_NEAR(two.right[1], 2.0 / 3, 1e-12);
  EXPECT_NEAR(two.error(), (2 * 0.05 + 3 * (0.9 - 2.0 / 3)) / 5, 1e-12);
  EXPECT_EQ(reliability(said, right, 99).objects.size(), 5u) << "no bin is empty";
  EXPECT_THROW(reliability({}, {}, 5), base::CheckError);
}

TEST(ClassProbabilities, WhoIsRightAsOftenAsHeSaysHasNoErrorAndWhoBoastsHas) {
  std::vector<double> honest, boasting;
  std::vector<uint8_t> right;
  for (uint64_t i = 0; i < 20000; ++i) {
    base::Random random(4, 0, i, "honest");
    honest.push_back(random.uniform(0.3, 1));
    boasting.push_back(std::sqrt(honest.back()));
    right.push_back(random.uniform() < honest.back() ? 1 : 0);
  }
  EXPECT_LT(reliability(honest, right, 15).error(), 0.02);
  EXPECT_GT(reliability(boasting, right, 15).error(), 0.08);
}

}  // namespace
}  // namespace asterism::eval
