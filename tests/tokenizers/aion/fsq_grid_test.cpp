#include "tokenizers/aion/fsq_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"

namespace asterism::tokenizers::aion {
namespace {

TEST(FsqGrid, CropAboutTheCentreOrPad) {
  const auto large = at::arange(100 * 120, at::kFloat).view({1, 1, 100, 120});
  for (const bool reference : {false, true}) {
    const auto cut = crop_published(large, reference);
    EXPECT_EQ(cut.sizes(), at::IntArrayRef({1, 1, 96, 96}));
    EXPECT_EQ(cut[0][0][0][0].item<float>(), 2 * 120 + 12);
  }
  const auto small = crop_published(at::ones({1, 1, 80, 81}), false);
  EXPECT_EQ(small.sizes(), at::IntArrayRef({1, 1, 96, 96}));
  EXPECT_EQ(small.sum().item<double>(), 80 * 81);
}

// x[(n - 96) // 2 : (n - 96) // 2 + 96] in Python: of 80 the last 8, of 90 three.
TEST(FsqGrid, TheReferenceCutsSmallImagesWrongly) {
  EXPECT_EQ(crop_published(at::ones({1, 1, 80, 80}), true).sizes(), at::IntArrayRef({1, 1, 8, 8}));
  EXPECT_EQ(crop_published(at::ones({1, 1, 90, 120}), true).sizes(), at::IntArrayRef({1, 1, 3, 96}));
  EXPECT_EQ(crop_published(at::ones({1, 1, 93, 96}), true).size(2), 2);
  EXPECT_EQ(crop_published(at::ones({1, 1, 30, 95}), true).sizes(), at::IntArrayRef({1, 1, 30, 1}));
}

TEST(FsqGrid, IdsAndCodesAreRowMajor) {
  const nn::Fsq fsq({3, 4});
  const auto latent = at::randn({2, 2, 3, 3});
  const auto ids = grid_ids(fsq, latent, false);
  EXPECT_EQ(ids.sizes(), at::IntArrayRef({2, 9}));
  const auto one = latent.permute({0, 2, 3, 1}).select(1, 1).select(1, 2);  // row 1, column 2
  EXPECT_TRUE(at::equal(ids.select(1, 5), fsq(one).ids));
  const auto codes = grid_codes(fsq, ids, false);
  EXPECT_TRUE(at::equal(codes.select(2, 1).select(2, 2), fsq.codes(ids.select(1, 5))));
  EXPECT_THROW(grid_codes(fsq, at::zeros({2, 8}, at::kLong), false), base::UserError);
}

TEST(FsqGrid, NanIsAnIntegerOverflowInTheReferenceAlone) {
  const nn::Fsq fsq({5, 5});
  const auto latent = at::zeros({1, 2, 1, 2});
  latent[0][1][0][1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(grid_ids(fsq, latent, true)[0][1].item<int64_t>(), std::numeric_limits<int32_t>::min());
  EXPECT_GE(grid_ids(fsq, latent, false)[0][1].item<int64_t>(), 0);
}

// The package draws what it made of a NaN: -2^31 is 2 over 5, and -2^31 / 5, rounded down, 0.
TEST(FsqGrid, WhatTheReferenceMakesOfNanItDraws) {
  const nn::Fsq fsq({5, 5});
  const auto ids = at::full({1, 1}, std::numeric_limits<int32_t>::min(), at::kLong);
  const auto drawn = grid_codes(fsq, ids, true).flatten();
  EXPECT_EQ(drawn[0].item<float>(), 0);
  EXPECT_EQ(drawn[1].item<float>(), -1);
  EXPECT_THROW(grid_codes(fsq, ids, false), base::UserError);
}

TEST(FsqGrid, MarginIsTheWayToTheNextCode) {
  const nn::Fsq fsq({5});
  const auto latent = at::tensor({0.0f, 0.3f}).view({1, 1, 1, 2});
  const auto margin = grid_margin(fsq, latent);
  EXPECT_NEAR(margin[0][0].item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(margin[0][1].item<double>(), std::abs(std::tanh(0.3) * 2.002 - 0.5), 1e-5);
}

}  // namespace
}  // namespace asterism::tokenizers::aion
