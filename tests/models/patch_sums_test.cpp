#include "models/patch_sums.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace asterism::models {
namespace {

TEST(PatchSums, AreMeansOfGoodPixelsInTheirErrors) {
  auto flux = at::arange(16, at::kDouble).view({1, 1, 4, 4}).clone(), ivar = at::full({1, 1, 4, 4}, 4.0, at::kDouble);
  auto good = at::ones({1, 1, 4, 4}, at::kBool);
  good[0][0][0][1] = false;  // in the first quarter, of 0, 1, 4, 5
  flux[0][0][0][1] = std::numeric_limits<double>::quiet_NaN();
  ivar[0][0][0][1] = 0;
  const auto sums = patch_sums(flux, ivar, good);
  EXPECT_NEAR(sums.signal_RC5[0][0][1].item<double>(), std::asinh(9 / std::sqrt(3 / 4.0)), 1e-12);
  EXPECT_NEAR(sums.error_RC5[0][0][1].item<double>(), std::sqrt(3 / 4.0) / 3, 1e-12);
  EXPECT_NEAR(sums.share_RC5[0][0][1].item<double>(), 0.75, 1e-12);
  EXPECT_NEAR(sums.signal_RC5[0][0][2].item<double>(), std::asinh(18.0), 1e-12) << "2, 3, 6, 7 of error 1 in all";
  EXPECT_NEAR(sums.signal_RC5[0][0][4].item<double>(), std::asinh(50.0), 1e-12) << "10, 11, 14, 15";
  EXPECT_NEAR(sums.signal_RC5[0][0][0].item<double>(), std::asinh(119 / std::sqrt(15 / 4.0)), 1e-12) << "all but one";
  EXPECT_NEAR(sums.share_RC5[0][0][0].item<double>(), 15 / 16.0, 1e-12);
}

TEST(PatchSums, WhereNothingIsGoodAllIsZero) {
  const auto sums =
      patch_sums(at::full({2, 3, 5, 5}, 7.0F), at::ones({2, 3, 5, 5}), at::zeros({2, 3, 5, 5}, at::kBool));
  for (const auto& x : {sums.signal_RC5, sums.error_RC5, sums.share_RC5}) {
    EXPECT_EQ(x.sizes(), at::IntArrayRef({2, 3, kPatchRegions}));
    EXPECT_EQ(x.abs().max().item<float>(), 0);
  }
}

TEST(PatchSums, QuartersOfAnOddPatchHoldEveryPixelOnce) {
  const auto flux = at::rand({1, 1, 5, 5}, at::kDouble), ivar = at::ones({1, 1, 5, 5}, at::kDouble);
  const auto good = at::ones({1, 1, 5, 5}, at::kBool);
  const auto sums = patch_sums(flux, ivar, good);
  const double counts[] = {25, 4, 6, 6, 9};
  double quarters = 0;
  for (int64_t k = 1; k < kPatchRegions; ++k)
    quarters += std::sinh(sums.signal_RC5[0][0][k].item<double>()) * std::sqrt(counts[k]);
  EXPECT_NEAR(std::sinh(sums.signal_RC5[0][0][0].item<double>()) * 5, quarters, 1e-9);
}

}  // namespace
}  // namespace asterism::models
