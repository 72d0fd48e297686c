#include "base/quantile.h"

#include <gtest/gtest.h>

namespace asterism::base {
namespace {

TEST(Quantile, IsLinearBetweenValues) {
  const std::vector<double> v{0, 1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(quantile(v, 0), 0);
  EXPECT_DOUBLE_EQ(quantile(v, 0.375), 1.5);
  EXPECT_DOUBLE_EQ(quantile(v, 0.5), 2);
  EXPECT_DOUBLE_EQ(quantile(v, 1), 4);
  EXPECT_DOUBLE_EQ(quantile(v, 1.5), 4) << "beyond the ends";
  EXPECT_DOUBLE_EQ(quantile(std::vector<double>{7}, 0.3), 7);
}

TEST(Quantile, NearestRankIsOneOfTheValues) {
  const std::vector<double> v{1, 10, 100, 1000};
  EXPECT_DOUBLE_EQ(nearest_rank(v, 0), 1);
  EXPECT_DOUBLE_EQ(nearest_rank(v, 0.3), 10);
  EXPECT_DOUBLE_EQ(nearest_rank(v, 0.6), 100);
  EXPECT_DOUBLE_EQ(nearest_rank(v, 1), 1000);
}

TEST(Quantile, MiddleOfAnEvenCountIsTheUpperOne) {
  EXPECT_FLOAT_EQ(middle(std::vector<float>{3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(middle(std::vector<double>{4, 1, 3, 2}), 3);
}

TEST(QuantileDeathTest, OfNothing) {
  EXPECT_ANY_THROW(quantile({}, 0.5));
  EXPECT_ANY_THROW(nearest_rank({}, 0.5));
  EXPECT_ANY_THROW(middle(std::vector<double>{}));
}

}  // namespace
}  // namespace asterism::base
