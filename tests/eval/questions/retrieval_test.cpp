#include "eval/questions/retrieval.h"

#include <gtest/gtest.h>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

TEST(Retrieval, AlignedVectorsAreFoundBothWaysAndOthersAreNot) {
  auto planted = planted_subject();
  planted.subject.vectors["all"] = planted.subject.vectors.at("image_legacy");
  const auto answer =
      RetrievalQuestion({.bootstrap = {.resamples = 100}}).ask(planted.subject, planted.labels, planted.split);
  for (const auto* direction : {"image_legacy -> spectrum_desi", "spectrum_desi -> image_legacy"}) {
    EXPECT_GT(score_of(answer, "vectors", "recall@1", direction).interval.low, 0.9);
    EXPECT_EQ(score_of(answer, "chance", "recall@10", direction).interval.value, 0.1);
    EXPECT_EQ(score_of(answer, "chance", "median rank", direction).interval.value, 50.5);
  }
  EXPECT_LT(score_of(answer, "vectors", "recall@1", "noise -> good").interval.value, 0.1);
  for (const auto& score : answer.scores) {
    EXPECT_EQ(score.subject.find("all"), std::string::npos);  // a mixture is no direction
    EXPECT_NE(score.subject, "noise -> image_legacy");        // vectors of other widths cannot be compared
  }
}

TEST(Retrieval, AFitOfPlainFeaturesStandsBesideIt) {
  auto planted = planted_subject(1200);
  const auto& table = planted.subject.features.at("magnitudes");
  planted.subject.features["aperture colours of image_legacy"] = table;
  planted.subject.features["binned spectrum_desi"] = {2 - table.values_NF, table.present};
  const auto answer =
      RetrievalQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  const auto& score = score_of(answer, "quadratic fit", "recall@1", "image_legacy -> spectrum_desi");
  EXPECT_TRUE(score.baseline);
  EXPECT_GT(score.interval.value, 0.9);  // one is a mirror of the other
  const auto& gain =
      score_of(answer, "vectors less quadratic fit", "recall@1, difference", "image_legacy -> spectrum_desi");
  EXPECT_NEAR(
      gain.interval.value,
      score_of(answer, "vectors", "recall@1", "image_legacy -> spectrum_desi").interval.value - score.interval.value,
      1e-12);
  EXPECT_LE(gain.interval.low, gain.interval.value);
  for (const auto& one : answer.scores)
    EXPECT_FALSE(one.subject == "noise -> good" && one.baseline && one.method != "chance");
}

TEST(Retrieval, FewPairsStandBesideAFitOfBrightness) {
  auto planted = planted_subject(240);  // 180 to learn from
  const auto level = planted.subject.features.at("magnitudes");
  planted.subject.levels["image_legacy"] = level;
  planted.subject.levels["spectrum_desi"] = {3 * level.values_NF, level.present};
  const auto answer =
      RetrievalQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  const auto& score = score_of(answer, "how bright", "recall@5", "spectrum_desi -> image_legacy");
  EXPECT_TRUE(score.baseline);
  EXPECT_GT(score.interval.value, 0.9);
  score_of(answer, "vectors less fit of brightness", "recall@1, difference", "spectrum_desi -> image_legacy");
}

TEST(Retrieval, AmongHowManyIsAChoice) {
  const auto planted = planted_subject();
  const auto answer = RetrievalQuestion({.bootstrap = {.resamples = 20}, .pairs = 50})
                          .ask(planted.subject, planted.labels, planted.split);
  EXPECT_EQ(answer.test, 50);
  EXPECT_EQ(score_of(answer, "chance", "median rank", "image_legacy -> spectrum_desi").interval.value, 25.5);
}

}  // namespace
}  // namespace asterism::eval
