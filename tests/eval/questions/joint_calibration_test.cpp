#include "eval/questions/joint_calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

// Two labels that go together (correlation 0.9 about the object's own middle), drawn `width` times as wide as they lie.
Planted planted_draws(double width) {
  constexpr int64_t kObjects = 1500, kTrain = 500, kDraws = 60;
  auto planted = planted_subject(kObjects);
  planted.labels.clear();
  planted.split = {};
  for (int64_t i = 0; i < kObjects; ++i) (i < kTrain ? planted.split.train : planted.split.test).push_back(i);
  DrawnTogether drawn{{"a", "b"}, "image", planted.split.test, at::empty({kObjects - kTrain, kDraws, 2}, at::kDouble)};
  for (auto* label : {&planted.labels["a"], &planted.labels["b"]}) {
    label->value.resize(kObjects);
    label->present.assign(kObjects, 1);
  }
  auto* draws = drawn.draws_MSD.mutable_data_ptr<double>();
  for (int64_t i = 0; i < kObjects; ++i) {
    base::Random random(8, 0, uint64_t(i), "pair");
    const double x = 3 * random.normal(), y = 3 * random.normal();
    const auto both = [&](double scale) {
      const double a = random.normal(), b = 0.9 * a + std::sqrt(0.19) * random.normal();
      return std::pair(x + scale * a, y + scale * b);
    };
    std::tie(planted.labels["a"].value[size_t(i)], planted.labels["b"].value[size_t(i)]) = both(1);
    for (int64_t s = 0; i >= kTrain && s < kDraws; ++s, draws += 2) std::tie(draws[0], draws[1]) = both(width);
  }
  planted.subject.drawn.push_back(drawn);
  return planted;
}

double value_of(const Answer& answer, const std::string& method, const std::string& measure) {
  for (const auto& score : answer.scores)
    if (score.method == method && score.measure == measure) return score.interval.value;
  ADD_FAILURE() << method << ", " << measure;
  return NAN;
}

TEST(JointCalibration, WhatIsDrawnAsItLiesIsFlatAndBetterThanEachByItself) {
  const auto planted = planted_draws(1);
  const JointCalibrationQuestion question({.bootstrap = {.resamples = 20}});
  ASSERT_TRUE(question.applies(planted.subject, planted.labels));
  const auto answer = question.ask(planted.subject, planted.labels, planted.split);
  EXPECT_EQ(answer.test, 1000);
  EXPECT_EQ(answer.train, 500);
  EXPECT_LT(value_of(answer, "model, given image", "TARP KS"), 0.052);
  EXPECT_NEAR(value_of(answer, "model, given image", "coverage of 68% (TARP)"), 0.68, 0.05);
  const double energy = value_of(answer, "model, given image", "energy score");
  EXPECT_LT(energy, value_of(answer, "model, given image, each by itself", "energy score"));
  EXPECT_LT(energy, 0.5 * value_of(answer, "all training values", "energy score"));
  ASSERT_EQ(answer.plots.size(), 1u);
  EXPECT_EQ(answer.scores[0].subject, "a, b");
}

TEST(JointCalibration, ObjectsThatLackOneAreCounted) {
  auto planted = planted_draws(1);
  planted.labels["b"].present[size_t(planted.split.test[0])] = 0;
  planted.subject.drawn[0].rows.erase(planted.subject.drawn[0].rows.begin());
  planted.subject.drawn[0].draws_MSD = planted.subject.drawn[0].draws_MSD.slice(0, 1);
  const auto answer =
      JointCalibrationQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  ASSERT_EQ(answer.notes.size(), 1u);
  EXPECT_THAT(answer.notes[0], testing::HasSubstr("a, b: 1 of 1000 objects lack one"));
}

TEST(JointCalibration, OverconfidenceIsSeen) {
  const auto planted = planted_draws(0.4);
  const auto answer =
      JointCalibrationQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  EXPECT_GT(value_of(answer, "model, given image", "TARP KS"), 0.1);
}

TEST(JointCalibration, TooFewObjectsAreSaid) {
  auto planted = planted_draws(1);
  auto few = planted.subject.drawn[0];
  few.given = "spectrum";
  few.rows.resize(5);
  few.draws_MSD = few.draws_MSD.slice(0, 0, 5);
  planted.subject.drawn.push_back(few);
  const auto answer =
      JointCalibrationQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  EXPECT_THAT(answer.notes, testing::ElementsAre("a, b given spectrum: 5 objects, too few to judge"));
  EXPECT_FALSE(JointCalibrationQuestion({}).applies(planted_subject(50).subject, {}));
}

}  // namespace
}  // namespace asterism::eval
