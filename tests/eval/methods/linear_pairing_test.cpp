#include "eval/methods/linear_pairing.h"

#include <gtest/gtest.h>

#include "eval/methods/pairing.h"
#include "eval/metrics.h"

namespace asterism::eval {
namespace {

// Two numbers of an object; one observation holds them, the other bent functions of them, each with noise.
PairedFeatures planted(double noise, int64_t objects = 800) {
  at::manual_seed(3);
  const auto u = at::randn({objects, 2}, at::kDouble);
  const auto a = u.select(1, 0), b = u.select(1, 1);
  const auto from = at::stack({a, b, a - b}, 1) + noise * at::randn({objects, 3}, at::kDouble);
  const auto to =
      at::stack({a + a * a, b - 0.5 * a * b, at::zeros_like(a)}, 1) + noise * at::randn({objects, 3}, at::kDouble);
  PairedFeatures out{
      from.narrow(0, 0, 600), to.narrow(0, 0, 600), from.narrow(0, 600, 200), to.narrow(0, 600, 200), {}};
  for (int64_t i = 0; i < 600; ++i) out.fold_M.push_back(i % 5);
  return out;
}

TEST(LinearPairing, FindsWhatAQuadraticFitCanFind) {
  const auto ranks = linear_pair_ranks(planted(0.02));
  ASSERT_EQ(ranks.size(), 200U);
  EXPECT_GT(recall_at(ranks, 1), 0.5);
  EXPECT_GT(recall_at(ranks, 10), 0.97);
}

TEST(LinearPairing, WithoutProductsItFindsLess) {
  auto features = planted(0.02);
  const double quadratic = recall_at(linear_pair_ranks(features), 1);
  features.products = false;
  const double linear = recall_at(linear_pair_ranks(features), 1);
  EXPECT_LT(linear, quadratic / 2);
  EXPECT_GT(linear, 0.02);
}

TEST(LinearPairing, NoiseIsChance) {
  auto features = planted(0.02);
  features.from_MD = at::randn_like(features.from_MD);
  features.from_ND = at::randn_like(features.from_ND);
  EXPECT_NEAR(median(linear_pair_ranks(features)), 100, 25);
}

TEST(LinearPairing, ConstantFeaturesTellNothing) {
  auto features = planted(0.02);
  features.from_MD = at::ones_like(features.from_MD);
  features.from_ND = at::ones_like(features.from_ND);
  const auto ranks = linear_pair_ranks(features);  // the same guess for all: some target is the nearest of everybody
  EXPECT_NEAR(median(ranks), 100.5, 1);
}

}  // namespace
}  // namespace asterism::eval
