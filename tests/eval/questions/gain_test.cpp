#include "eval/questions/gain.h"

#include <gtest/gtest.h>

#include "tests/eval/planted_posteriors.h"

namespace asterism::eval {
namespace {

// Fluxes tell a redshift to 0.1, a spectrum to 0.02, both to `both`.
Planted planted_sets(double both) {
  auto out = planted_subject();
  for (const double noise : {0.1, 0.02, both}) add_posteriors(out, noise, 1);
  auto& sets = out.subject.posteriors.at("redshift");
  sets[0].given = "flux_g flux_r", sets[0].inputs = {"flux_g", "flux_r"};
  sets[1].given = "spectrum_desi", sets[1].inputs = {"spectrum_desi"};
  sets[2].given = "all 3 inputs", sets[2].inputs = {"flux_g", "flux_r", "spectrum_desi"};
  return out;
}

Answer gains(const Planted& planted) {
  const GainQuestion question({.bootstrap = {.resamples = 200}});
  EXPECT_TRUE(question.applies(planted.subject, planted.labels));
  return question.ask(planted.subject, planted.labels, planted.split);
}

TEST(Gain, IsTheLogarithmOfHowMuchNarrowerItGets) {
  const auto answer = gains(planted_sets(0.02));
  ASSERT_EQ(answer.scores.size(), 2U);
  EXPECT_EQ(answer.scores[0].method, "given flux_g flux_r, then also spectrum_desi");
  EXPECT_NEAR(answer.scores[0].interval.value, std::log(5), 0.3);
  EXPECT_GT(answer.scores[0].interval.low, 1);
  EXPECT_EQ(answer.scores[1].method, "given spectrum_desi, then also flux_g flux_r");
  EXPECT_NEAR(answer.scores[1].interval.value, 0, 0.3);
}

TEST(Gain, AModelThatIsConfusedByMoreIsBelowZero) {
  EXPECT_LT(gains(planted_sets(0.06)).scores[1].interval.high, -0.5);
}

TEST(Gain, IsOfObjectsThatHaveBoth) {
  auto planted = planted_sets(0.02);
  auto& sets = planted.subject.posteriors.at("redshift");
  for (size_t i = 0; i < sets[1].present.size(); ++i) sets[1].present[i] = i % 8 == 0;  // half of the test side
  EXPECT_EQ(gains(planted).test, 50);
  for (size_t i = 0; i < sets[1].present.size(); ++i) sets[1].present[i] = i % 80 == 0;
  const auto few = gains(planted);
  EXPECT_TRUE(few.scores.empty());
  EXPECT_EQ(few.notes.size(), 2U);
  std::fill(sets[1].present.begin(), sets[1].present.end(), uint8_t{0});  // there is no such object: nothing to say
  EXPECT_TRUE(gains(planted).notes.empty());
}

TEST(Gain, WantsTheUnionAndBothParts) {
  auto planted = planted_sets(0.02);
  planted.subject.posteriors.at("redshift").erase(planted.subject.posteriors.at("redshift").begin() + 1);
  EXPECT_FALSE(GainQuestion({}).applies(planted.subject, planted.labels));
}

}  // namespace
}  // namespace asterism::eval
