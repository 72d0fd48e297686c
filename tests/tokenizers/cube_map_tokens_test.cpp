#include "tokenizers/cube_map_tokens.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::tokenizers {
namespace {

// Two maps, the second a tenth as strong; waves the weaker the faster they are; cubes of unequal strength.
std::vector<MapSample> samples(const CubeModes& modes, int64_t n) {
  std::vector<MapSample> out;
  for (int64_t i = 0; i < n; ++i) {
    auto c = at::sin(at::arange(2 * modes.count(), at::kDouble).square() * 0.37 + double(i * i)).view({2, -1}) *
             std::exp(0.5 * std::sin(double(i)));
    for (int64_t m = 0; m < modes.count(); ++m) c.select(1, m).mul_(std::exp(-double(modes.ring(m))));
    c[1].mul_(0.1);
    out.push_back({&modes, c, 1.0});
  }
  return out;
}

class CubeMapTokensTest : public testing::Test {
 protected:
  CubeMapTokensTest() : modes_(12, 12, 0.25, 3), all_(samples(modes_, 200)) {
    tokens_ = CubeMapTokens(nn::Scope(parameters_, 1), 2, {2, 1, 1}, 8);
  }
  nn::Parameters parameters_;
  CubeModes modes_;
  std::vector<MapSample> all_;
  CubeMapTokens tokens_;
};

TEST_F(CubeMapTokensTest, ThereAndBack) {
  EXPECT_FALSE(tokens_.fitted());
  tokens_.learn_variance(all_);
  tokens_.fit(all_);
  EXPECT_TRUE(tokens_.fitted());
  const auto usual = tokens_.variance(modes_);
  EXPECT_NEAR((usual[1] / usual[0]).mean().item<double>(), 0.01, 0.004);
  double left = 0, power = 0;
  for (const auto& one : samples(modes_, 20)) {
    const auto ids = tokens_.ids(modes_, one.c_JM);
    ASSERT_EQ(ids.size(0), tokens_.tokens(modes_));
    EXPECT_GE(ids.min().item<int64_t>(), 0);
    EXPECT_LT(ids.max().item<int64_t>(), 256);
    const auto back = tokens_.values(modes_, ids);
    EXPECT_TRUE(at::equal(tokens_.values(modes_, tokens_.ids(modes_, one.c_JM)), back));
    left += (back - one.c_JM).square().sum().item<double>();
    power += one.c_JM.square().sum().item<double>();
  }
  EXPECT_LT(left, 0.002 * power);
}

TEST_F(CubeMapTokensTest, AnotherSizeHasOtherNumbersOfTokens) {
  tokens_.learn_variance(all_);
  tokens_.fit(all_);
  const CubeModes larger(20, 9, 0.25, 3);
  EXPECT_GT(tokens_.tokens(larger), tokens_.tokens(modes_));
  const auto c = at::ones({2, larger.count()}, at::kDouble) * 1e-9;
  const auto ids = tokens_.ids(larger, c);
  EXPECT_EQ(ids.size(0), tokens_.tokens(larger));
  EXPECT_LT(tokens_.values(larger, ids).abs().max().item<double>(), 0.1);  // a strength has a least value
}

TEST_F(CubeMapTokensTest, TokensThatNothingMadeAreReadAsTheLast) {
  tokens_.learn_variance(all_);
  tokens_.fit(all_);
  const auto ids = at::full({tokens_.tokens(modes_)}, 100000, at::kLong);
  EXPECT_TRUE(at::isfinite(tokens_.values(modes_, ids)).all().item<bool>());
}

}  // namespace
}  // namespace asterism::tokenizers
