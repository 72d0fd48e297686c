#include "eval/methods/pairing.h"

#include <gtest/gtest.h>

namespace asterism::eval {
namespace {

TEST(Pairing, RanksEqualBruteForce) {
  at::manual_seed(14);
  const auto a = at::randn({50, 8}, at::kDouble), b = a + at::randn({50, 8}, at::kDouble);
  const auto ranks = pair_ranks(a, b);
  for (int64_t i = 0; i < 50; ++i) {
    const auto similarity = at::cosine_similarity(a[i].unsqueeze(0), b, 1);
    const auto better = similarity.gt(similarity[i]).sum().item<int64_t>();
    EXPECT_EQ(ranks[size_t(i)], double(1 + better));
  }
}

TEST(Pairing, PerfectVectorsAreFirst) {
  const auto x = at::randn({30, 16});
  for (const double rank : pair_ranks(x, 7 * x)) EXPECT_EQ(rank, 1);
}

TEST(Pairing, ConstantVectorsGetChance) {
  const auto x = at::ones({21, 4});
  for (const double rank : pair_ranks(x, x)) EXPECT_EQ(rank, 11);
}

TEST(Pairing, UnrelatedVectorsGetChance) {
  at::manual_seed(15);
  const auto ranks = pair_ranks(at::randn({500, 8}), at::randn({500, 8}));
  const auto scores = score_pairing(ranks, {1, 10, 100}, {.resamples = 300});
  EXPECT_EQ(scores.chance, (std::vector<double>{0.002, 0.02, 0.2}));
  EXPECT_EQ(scores.median_rank_chance, 250.5);
  EXPECT_LE(scores.recall[2].low, 0.2);
  EXPECT_GE(scores.recall[2].high, 0.2);
  EXPECT_NEAR(scores.median_rank.value, 250, 30);
}

}  // namespace
}  // namespace asterism::eval
