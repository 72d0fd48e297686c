#include "eval/methods/ridge.h"

#include <gtest/gtest.h>

namespace asterism::eval {
namespace {

TEST(Ridge, EqualsTheNormalEquations) {
  at::manual_seed(2);
  const auto x = at::randn({50, 6}, at::kDouble), y = at::randn({50, 2}, at::kDouble);
  const double penalty = 0.3;
  const auto model = Ridge::fit(x, y, {}, {penalty});
  // By hand: standardised features, centred targets, (X'X + n penalty I) w = X'y.
  const auto mean = x.mean(0), scale = (x - mean).square().mean(0).sqrt();
  const auto z = (x - mean) / scale;
  const auto w = at::linalg_solve(z.t().mm(z) + 50 * penalty * at::eye(6, at::kDouble), z.t().mm(y - y.mean(0)));
  EXPECT_TRUE(at::allclose(model.weight_DT, w, 1e-9, 1e-10));
  const auto fresh = at::randn({10, 6}, at::kDouble);
  EXPECT_TRUE(at::allclose(model.predict(fresh), ((fresh - mean) / scale).mm(w) + y.mean(0), 1e-9, 1e-10));
}

TEST(Ridge, CrossValidationPicksAStrongPenaltyForNoiseAndAWeakOneForALine) {
  at::manual_seed(3);
  const auto x = at::randn({120, 40}, at::kDouble);
  const auto line = x.slice(1, 0, 1) * 2 + 1e-3 * at::randn({120, 1}, at::kDouble),
             noise = at::randn({120, 1}, at::kDouble);
  std::vector<uint64_t> hashes;
  for (uint64_t i = 0; i < 120; ++i) hashes.push_back(i * 7919);
  const auto fold = fold_of(hashes, 5);
  EXPECT_LE(Ridge::fit(x, line, fold).penalty, 1e-4);
  EXPECT_GE(Ridge::fit(x, noise, fold).penalty, 1);
}

TEST(Ridge, MoreFeaturesThanRows) {
  at::manual_seed(4);
  const auto x = at::randn({10, 50}, at::kDouble), y = at::randn({10, 1}, at::kDouble);
  EXPECT_TRUE(at::allclose(Ridge::fit(x, y, {}, {1e-9}).predict(x), y, 1e-4, 1e-4));
  const auto constant = at::ones({10, 3}, at::kDouble);
  EXPECT_TRUE(at::allclose(Ridge::fit(constant, y).predict(constant), y.mean(0).expand({10, 1})));
}

TEST(Ridge, FoldsDependOnTheObjectAlone) {
  const std::vector<uint64_t> a = {1, 2, 3, 4}, b = {4, 3, 2, 1};
  const auto fa = fold_of(a, 3), fb = fold_of(b, 3);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(fa[i], fb[3 - i]);
}

}  // namespace
}  // namespace asterism::eval
