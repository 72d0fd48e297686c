#include "tokenizers/line_spreads.h"

#include <gtest/gtest.h>

namespace asterism::tokenizers {
namespace {

TEST(LineSpreads, NarrowOnesAreNone) {
  EXPECT_TRUE(LineSpreads().none());
  EXPECT_TRUE(LineSpreads(at::full({3, 20}, 0.3f)).none());
  EXPECT_TRUE(LineSpreads(at::zeros({0, 20})).none());
  EXPECT_EQ(LineSpreads().of(2), nullptr);
  EXPECT_EQ(LineSpreads().typical(0, at::ones({20})), 0);
}

TEST(LineSpreads, SpectraThatAreAlikeShareABlur) {
  auto sigma = at::full({4, 20}, 2.0f);
  sigma[2].fill_(0);
  sigma[3].fill_(3);
  LineSpreads spreads(sigma);
  const auto first = spreads.of(0);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(spreads.of(1), first);
  EXPECT_EQ(spreads.of(2), nullptr);
  const auto x = at::rand({20});
  EXPECT_TRUE(at::equal(spreads.of(3)->of(x), LineBlur(std::vector<double>(20, 3.0)).of(x)));
  EXPECT_TRUE(at::equal(spreads.select(at::tensor({3, 0}, at::kLong)).of(1)->of(x), first->of(x)));
}

TEST(LineSpreads, WhatIsTypicalIsThatOfGoodPixels) {
  auto sigma = at::full({1, 20}, 2.0f), weight = at::ones({20});
  sigma.narrow(1, 0, 12).fill_(9);
  EXPECT_EQ(LineSpreads(sigma).typical(0, weight), 9);
  weight.narrow(0, 0, 12).zero_();
  EXPECT_EQ(LineSpreads(sigma).typical(0, weight), 2);
  EXPECT_EQ(LineSpreads(sigma).typical(0, at::zeros({20})), 0);
}

TEST(LineSpreads, NoWidthIsWithoutEnd) {
  const auto sigma = at::full({1, 2000}, 1e9f);
  EXPECT_EQ(LineSpreads(sigma).typical(0, at::ones({2000})), LineSpreads::kMostSigma);
  EXPECT_NEAR(LineSpreads(sigma).of(0)->of(at::ones({2000})).mean().item<double>(), 1, 1e-4);
}

}  // namespace
}  // namespace asterism::tokenizers
