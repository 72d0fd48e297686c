#include "eval/questions/drawn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

EnsembleScore flat_score(double chi2, double crps) {
  EnsembleScore out;
  out.pixels = 100;
  out.chi2 = chi2;
  out.crps = crps;
  out.rank_share.assign(9, 1.0 / 9);
  return out;
}

// Twenty images of which a model is right to the noise and a neighbour is not.
DrawnBlocks planted_images() {
  DrawnBlocks out;
  out.target = "image_legacy";
  out.given = "spectrum_desi";
  out.draws = 8;
  out.train = 50;
  DrawnMethod model{"model, given spectrum_desi", false, {}, {}}, near{"binned, 8 neighbours", true, {}, {}};
  for (int64_t i = 0; i < 20; ++i) {
    out.rows.push_back(i);
    model.scores[""].push_back(flat_score(1, 0.56));
    model.scores["centre"].push_back(flat_score(1.5, 0.6));
    model.ln_p_token.push_back(i == 0 ? NAN : -2);
    auto off = flat_score(i == 0 ? 100 : 4, 2);
    off.rank_share = {0.5, 0, 0, 0, 0, 0, 0, 0, 0.5};
    near.scores[""].push_back(i == 1 ? EnsembleScore{} : off);
  }
  out.methods = {model, near};
  return out;
}

TEST(Drawn, ScoresAreMeansOverObjects) {
  Planted planted;
  planted.subject.drawn_blocks = {planted_images()};
  const DrawnQuestion question({.bootstrap = {.resamples = 20}});
  ASSERT_TRUE(question.applies(planted.subject, {}));
  const auto answer = question.ask(planted.subject, {}, {});
  EXPECT_EQ(answer.test, 20);
  EXPECT_EQ(answer.train, 50);
  const std::string about = "image_legacy given spectrum_desi";
  EXPECT_NEAR(score_of(answer, "model", "chi^2 per pixel of the mean", about).interval.value, 1, 1e-12);
  EXPECT_NEAR(score_of(answer, "model", "chi^2 per pixel of the mean", about + ", centre").interval.value, 1.5, 1e-12);
  EXPECT_NEAR(score_of(answer, "model", "CRPS per pixel [sigma]", about).interval.value, 0.56, 1e-12);
  EXPECT_NEAR(score_of(answer, "model", "coverage of 68%", about).interval.value, 0.68, 1e-9);
  EXPECT_NEAR(score_of(answer, "model", "PIT KS", about).interval.value, 0, 1e-9);
  EXPECT_NEAR(score_of(answer, "model", "ln P of a token [nats]", about).interval.value, -2, 1e-12);
  EXPECT_NEAR(score_of(answer, "neighbours", "chi^2 per pixel of the mean", about).interval.value,
              (18 * 4 + 100) / 19.0, 1e-9)
      << "an object that was not judged does not count";
  EXPECT_NEAR(score_of(answer, "neighbours", "median chi^2 per pixel of the mean", about).interval.value, 4, 1e-12);
  EXPECT_NEAR(score_of(answer, "neighbours", "coverage of 68%", about).interval.value, 0, 1e-9);
  EXPECT_TRUE(score_of(answer, "neighbours", "PIT KS", about).baseline);
  ASSERT_EQ(answer.plots.size(), 1u);
  EXPECT_THAT(answer.plots[0].title, testing::HasSubstr("centre"));
}

TEST(Drawn, TooFewObjectsAndNotesAreSaid) {
  Planted planted;
  DrawnBlocks few;
  few.target = "image_legacy";
  few.given = "flux_g";
  few.rows = {1, 2};
  few.notes = {"a note"};
  planted.subject.drawn_blocks = {few, few};
  const auto answer = DrawnQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, {}, {});
  EXPECT_THAT(answer.notes, testing::Contains("image_legacy given flux_g: 2 objects, too few to judge"));
  EXPECT_EQ(std::count(answer.notes.begin(), answer.notes.end(), "a note"), 1);
  EXPECT_TRUE(answer.scores.empty());
  EXPECT_FALSE(DrawnQuestion({}).applies(Subject{}, {}));
}

}  // namespace
}  // namespace asterism::eval
