#include "eval/drawn/ensemble_score.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace asterism::eval {
namespace {

// Pixels whose truth and members are normal about the same middles; members `width` times as wide.
struct PlantedPixels {
  std::vector<float> observed, ivar, centre;
  std::vector<uint8_t> use;
  std::vector<std::vector<float>> members;
  explicit PlantedPixels(double width, size_t pixels = 20000, size_t draws = 8) {
    ivar.assign(pixels, 4);  // sigma is 0.5
    use.assign(pixels, 1);
    members.resize(draws);
    base::Random random(3, 0, 0, "planted pixels");
    for (size_t p = 0; p < pixels; ++p) {
      const double middle = 10 * random.normal();
      centre.push_back(float(middle));
      observed.push_back(float(middle + 0.5 * random.normal()));
      for (auto& member : members) member.push_back(float(middle + width * 0.5 * random.normal()));
    }
  }
  EnsembleScore score() const { return score_ensemble(observed, ivar, use, centre, members); }
};

TEST(EnsembleScore, DrawsThatLieAsTheTruthAreCalibratedAndOfTheCrpsOfANormal) {
  const auto score = PlantedPixels(1).score();
  EXPECT_EQ(score.pixels, 20000);
  EXPECT_NEAR(score.chi2, 1, 0.05);
  EXPECT_NEAR(score.crps, 1 / std::sqrt(M_PI), 0.02) << "sigma / sqrt(pi), whatever the number of members";
  EXPECT_NEAR(PlantedPixels(1, 20000, 2).score().crps, 1 / std::sqrt(M_PI), 0.03);
  EXPECT_NEAR(rank_coverage(score.rank_share, 0.68), 0.68, 0.02);
  EXPECT_NEAR(rank_coverage(score.rank_share, 0.95), 0.95, 0.02);
  EXPECT_LT(rank_ks(score.rank_share), 0.02);
}

TEST(EnsembleScore, TooNarrowAndTooWideAreSeen) {
  const auto narrow = PlantedPixels(0.2).score(), wide = PlantedPixels(4).score();
  EXPECT_LT(rank_coverage(narrow.rank_share, 0.68), 0.4);
  EXPECT_GT(rank_coverage(wide.rank_share, 0.68), 0.85);
  EXPECT_GT(rank_ks(narrow.rank_share), 0.2);
  EXPECT_GT(narrow.crps, PlantedPixels(1).score().crps);
  EXPECT_GT(wide.crps, PlantedPixels(1).score().crps);
}

TEST(EnsembleScore, ThreePixelsByHand) {
  const std::vector<float> observed{1, 5, 2}, ivar{1, 4, 1}, centre{2, 5, 2};
  const std::vector<std::vector<float>> members{{0, 5, 0}, {4, 5, 1}};
  const auto score = score_ensemble(observed, ivar, std::vector<uint8_t>{1, 1, 1}, centre, members);
  EXPECT_EQ(score.pixels, 3);
  EXPECT_NEAR(score.chi2, 1.0 / 3, 1e-6);
  // |0-1| + |4-1| over 2 less 4/2; nothing; |0-2| + |1-2| over 2 less 1/2
  EXPECT_NEAR(score.crps, (0.0 + 0.0 + 1.0) / 3, 1e-6);
  ASSERT_EQ(score.rank_share.size(), 3u);
  EXPECT_NEAR(score.rank_share[0], 1.0 / 9, 1e-6) << "the pixel that equals both is shared by all ranks";
  EXPECT_NEAR(score.rank_share[1], (1 + 1.0 / 3) / 3, 1e-6);
  EXPECT_NEAR(score.rank_share[2], (1 + 1.0 / 3) / 3, 1e-6);
}

TEST(EnsembleScore, WhatIsMaskedAnywhereIsNotJudged) {
  const float none = std::nanf("");
  const std::vector<float> observed{1, none, 1, 1, 1, 1}, ivar{1, 1, 0, 1, 1, 1}, centre{1, 1, 1, none, 1, 3};
  const std::vector<uint8_t> use{1, 1, 1, 1, 0, 1};
  const std::vector<std::vector<float>> members{{1, 1, 1, 1, 1, 2}, {0, 1, 1, 1, 1, 3}};
  EXPECT_EQ(score_ensemble(observed, ivar, use, centre, members).pixels, 2);
  const auto alone = score_ensemble(observed, ivar, use, centre, {});
  EXPECT_NEAR(alone.chi2, 2, 1e-6);
  EXPECT_TRUE(std::isnan(alone.crps) && alone.rank_share.empty()) << "one value has no spread";
  const auto nothing = score_ensemble(observed, ivar, std::vector<uint8_t>(6, 0), centre, members);
  EXPECT_TRUE(nothing.pixels == 0 && std::isnan(nothing.chi2) && std::isnan(nothing.crps));
  EXPECT_TRUE(nothing.rank_share.empty());
}

TEST(EnsembleScore, CoverageOfFlatRanksIsTheLevel) {
  const std::vector<double> flat(9, 1.0 / 9), ends{0.5, 0, 0, 0.5};
  for (const double level : {0.1, 0.68, 0.95, 1.0}) EXPECT_NEAR(rank_coverage(flat, level), level, 1e-12);
  EXPECT_NEAR(rank_ks(flat), 0, 1e-12);
  EXPECT_NEAR(rank_coverage(ends, 0.5), 0, 1e-12);
  EXPECT_NEAR(rank_coverage(ends, 0.75), 0.5, 1e-12) << "half of each outer rank";
  EXPECT_NEAR(rank_ks(ends), 0.25, 1e-12);
}

}  // namespace
}  // namespace asterism::eval
