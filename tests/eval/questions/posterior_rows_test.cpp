#include "eval/questions/posterior_rows.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::eval {
namespace {

TEST(PosteriorRows, RowsAndMedians) {
  Posteriors posteriors;
  posteriors.edges = {0, 1, 2};
  posteriors.probability_MK = at::tensor({1.0, 0.0, 0.25, 0.75}, at::kDouble).view({2, 2});
  EXPECT_EQ(row_of(posteriors, 1)[1], 0.75);
  EXPECT_EQ(medians_of(posteriors, {1, 0}), (std::vector<double>{1 + 1.0 / 3, 0.5}));
  EXPECT_THROW(row_of(posteriors, 2), base::CheckError);
}

TEST(PosteriorRows, AtTruthByBinsOrByTheirOwnFunctions) {
  Posteriors posteriors;
  posteriors.edges = {0, 1, 2};
  posteriors.probability_MK = at::tensor({1.0, 0.0, 0.25, 0.75}, at::kDouble).view({2, 2});
  posteriors.row = {-1, 1, 0};
  const auto binned = at_truth(posteriors, {1, 2}, {0.5, 0.5});
  EXPECT_EQ(binned.pit, (std::vector<double>{0.125, 0.5}));
  EXPECT_EQ(binned.log_density, (std::vector<double>{std::log(0.25), 0}));
  posteriors.continuous = {{0.1, 0.2}, {1, 2}, {3, 4}, {5, 6}};
  const auto own = at_truth(posteriors, {1, 2}, {0.5, 0.5});
  EXPECT_EQ(own.pit, (std::vector<double>{0.2, 0.1}));
  EXPECT_EQ(own.crps, (std::vector<double>{2, 1}));
  EXPECT_EQ(own.log_density, (std::vector<double>{4, 3}));
  EXPECT_EQ(medians_of(posteriors, {2}), (std::vector<double>{5}));
  EXPECT_THROW(at_truth(posteriors, {0}, {0.5}), base::CheckError) << "of an object that was not asked about";
}

}  // namespace
}  // namespace asterism::eval
