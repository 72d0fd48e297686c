#include "eval/questions/posterior_rows.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace asterism::eval
