#include "eval/at_truth.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "modalities/scalar.h"

namespace asterism::eval {
namespace {

// One logistic distribution a row, a hundredth as wide as the one bin that holds it.
models::ScalarPosterior sharp() {
  models::ScalarScale scale;
  scale.width = 1;
  const auto place = at::tensor({0.3, 0.7}, at::kDouble).view({2, 1});
  return {models::ScalarMixture(scale, at::zeros({2, 1}, at::kDouble), place, at::full({2, 1}, 0.01, at::kDouble)),
          at::tensor({0.0, 1.0}, at::kDouble), ""};
}

TEST(AtTruth, OfContinuousPosteriorsByTheirOwnFunctions) {
  auto labels = modalities::make_scalars(3, "", false);
  labels.present = {0, 1, 1};
  labels.value = {std::nan(""), 0.3, 0.72};
  AtTruth out;
  add_at_truth(sharp(), labels, {1, 2}, out);
  EXPECT_NEAR(out.pit[0], 0.5, 1e-9);
  EXPECT_NEAR(out.pit[1], 1 / (1 + std::exp(-2.0)), 1e-9);
  EXPECT_NEAR(out.log_density[0], std::log(25.0), 1e-9) << "a quarter over the spread at the place of a logistic";
  EXPECT_LT(out.crps[0], 0.01) << "its bin alone would give 0.08";
  EXPECT_NEAR(out.median[1], 0.7, 1e-6);
  add_at_truth(sharp(), labels, {0, 1}, out);
  ASSERT_EQ(out.pit.size(), 4u);
  for (const double value : out.crps) EXPECT_TRUE(std::isfinite(value)) << "of a label that is missing too";
  EXPECT_EQ(out.log_density[3], kLeastLogDensity) << "40 spreads away";
}

TEST(AtTruth, NothingOfBinnedOnes) {
  const models::ScalarPosterior binned(at::ones({1, 1}), at::tensor({0.0, 1.0}, at::kDouble));
  AtTruth out;
  add_at_truth(binned, modalities::make_scalars(1, "", false), {0}, out);
  EXPECT_TRUE(out.pit.empty());
}

}  // namespace
}  // namespace asterism::eval
