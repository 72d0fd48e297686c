#include "eval/methods/info_nce.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/eval/methods/gaussian_pairs.h"

namespace asterism::eval {
namespace {

double bound_of(const at::Tensor& scores, int64_t group) {
  const auto terms = info_nce_terms(scores, group);
  return std::accumulate(terms.begin(), terms.end(), 0.0) / double(terms.size());
}

// With the best scores there are the bound climbs along ln N, and then stays at the information.
TEST(InfoNce, ClimbsToTheInformationOfAGaussianPair) {
  const auto pairs = gaussian_pairs(1024, 4, 0.8);  // 2.04 nats, known from so many to 0.05
  double before = 0;
  for (const int64_t group : {2, 8, 32, 128, 1024}) {
    const double bound = bound_of(pairs.scores_NN, group);
    EXPECT_LT(bound, std::log(double(group)));
    EXPECT_LT(bound, pairs.information + 0.15);
    EXPECT_GT(bound, before);
    before = bound;
  }
  EXPECT_NEAR(before, pairs.information, 0.15);
}

TEST(InfoNce, WhatNoBatchCanShowIsCutAtItsLogarithm) {
  const auto pairs = gaussian_pairs(512, 16, 0.9);  // 13.3 nats
  EXPECT_NEAR(bound_of(pairs.scores_NN, 512), std::log(512.0), 0.02);
  EXPECT_NEAR(bound_of(pairs.scores_NN, 8), std::log(8.0), 0.02);
}

TEST(InfoNce, StrangersTellNothing) {
  const auto pairs = gaussian_pairs(512, 4, 0.8), others = gaussian_pairs(512, 4, 0.8, 2);
  const auto scores = pairs.a_ND.mm(others.b_ND.t());
  EXPECT_NEAR(bound_of(scores / best_temperature(scores), 128), 0, 0.03);
}

TEST(InfoNce, APairIsCountedOnceHoweverOftenItIsDrawn) {
  const auto pairs = gaussian_pairs(100, 2, 0.5);
  EXPECT_EQ(info_nce_terms(pairs.scores_NN, 100).size(), 100u);
  EXPECT_LE(info_nce_terms(pairs.scores_NN, 64, 1).size(), 64u);
  EXPECT_GT(info_nce_terms(pairs.scores_NN, 64, 20).size(), 95u);
}

TEST(InfoNce, TheTemperatureIsTheBestOne) {
  const auto scores = gaussian_pairs(512, 4, 0.8).scores_NN;
  EXPECT_NEAR(best_temperature(scores * 0.1), 0.1, 0.03);  // the right scores want none
  const double best = best_temperature(scores);
  for (const double other : {0.7, 1.4}) EXPECT_GT(bound_of(scores / best, 512), bound_of(scores / (best * other), 512));
}

}  // namespace
}  // namespace asterism::eval
