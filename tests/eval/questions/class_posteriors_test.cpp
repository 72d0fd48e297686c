#include "eval/questions/class_posteriors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

// Three classes; a model that is right `right` of the times and says so with `confidence`; a feature that tells them.
Planted planted_classes(double right, double confidence) {
  constexpr int64_t kObjects = 1200;
  auto planted = planted_subject(kObjects);
  planted.labels.clear();
  auto& kind = planted.labels["kind_class"];
  kind.is_class = true;
  kind.present.assign(kObjects, 1);
  Posteriors said;
  said.given = "lightcurve_ztf";
  said.edges = {-0.5, 0.5, 1.5, 2.5};
  said.present.assign(kObjects, 1);
  said.probability_MK = at::full({kObjects, 3}, (1 - confidence) / 2, at::kDouble);
  auto& table = planted.subject.features["magnitudes"];
  table.values_NF = at::empty({kObjects, 1}, at::kDouble);
  for (int64_t i = 0; i < kObjects; ++i) {
    base::Random random(6, 0, uint64_t(i), "class");
    const auto truth = int64_t(random.below(3));
    kind.value.push_back(double(truth));
    const int64_t best = random.uniform() < right ? truth : (truth + 1) % 3;
    said.probability_MK.mutable_data_ptr<double>()[i * 3 + best] = confidence;
    table.values_NF.mutable_data_ptr<double>()[i] = double(truth) + 0.5 * random.normal();
  }
  planted.subject.posteriors["kind_class"] = {said};
  return planted;
}

Answer asked_classes(const Planted& planted) {
  return ClassPosteriorsQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
}

TEST(ClassPosteriors, AHonestModelIsBetterThanSharesAndHasNoCalibrationError) {
  const auto planted = planted_classes(0.8, 0.8);
  ASSERT_TRUE(ClassPosteriorsQuestion({}).applies(planted.subject, planted.labels));
  const auto answer = asked_classes(planted);
  EXPECT_EQ(answer.test, 300);
  EXPECT_EQ(answer.train, 900);
  const auto value = [&](const char* method, const char* measure) {
    return score_of(answer, method, measure, "kind_class").interval.value;
  };
  EXPECT_NEAR(value("model, given lightcurve_ztf", "log-loss [nats]"), -0.8 * std::log(0.8) - 0.2 * std::log(0.1),
              0.12);
  EXPECT_NEAR(value("model", "Brier score"), 0.8 * 0.06 + 0.2 * (0.64 + 0.81 + 0.01), 0.08);
  EXPECT_NEAR(value("model", "balanced accuracy"), 0.8, 0.08);
  EXPECT_LT(value("model", "expected calibration error"), 0.12);
  EXPECT_NEAR(value("shares of the classes", "log-loss [nats]"), std::log(3.0), 0.05);
  EXPECT_NEAR(value("shares of the classes", "balanced accuracy"), 1.0 / 3, 1e-9);
  EXPECT_LT(value("magnitudes, classes of", "log-loss [nats]"), 0.8) << "who tells the classes apart";
  EXPECT_TRUE(score_of(answer, "shares of the classes", "Brier score").baseline);
  EXPECT_EQ(answer.plots.size(), 1u);
}

TEST(ClassPosteriors, SharesAreThoseOfObjectsThatHaveTheInput) {
  auto planted = planted_classes(0.8, 0.8);
  planted.subject.posteriors["kind_class"][0].inputs = {"lightcurve_ztf"};
  auto& level = planted.subject.levels["lightcurve_ztf"];
  level.values_NF = planted.subject.features["magnitudes"].values_NF;
  auto& judged = planted.subject.posteriors["kind_class"][0].present;
  for (const double kind : planted.labels["kind_class"].value) {
    const bool seen = kind < 2;  // the third class has no light curve
    level.present.push_back(seen);
    judged[level.present.size() - 1] = seen;
  }
  const auto answer = asked_classes(planted);
  EXPECT_NEAR(score_of(answer, "shares of the classes", "log-loss [nats]", "kind_class").interval.value, std::log(2.0),
              0.02);
}

TEST(ClassPosteriors, BoastingIsSeen) {
  const auto honest = asked_classes(planted_classes(0.8, 0.8)), boasts = asked_classes(planted_classes(0.8, 0.99));
  EXPECT_GT(score_of(boasts, "model", "expected calibration error").interval.value, 0.12);
  EXPECT_GT(score_of(boasts, "model", "log-loss [nats]").interval.value,
            score_of(honest, "model", "log-loss [nats]").interval.value);
  EXPECT_EQ(score_of(boasts, "model", "accuracy").interval.value, score_of(honest, "model", "accuracy").interval.value);
}

TEST(ClassPosteriors, BinsOfValuesAndUnknownClassesAreSaid) {
  auto values = planted_classes(0.8, 0.8);
  values.subject.posteriors["kind_class"][0].edges = {0, 0.7, 1.5, 2};
  EXPECT_THAT(asked_classes(values).notes, testing::ElementsAre(testing::HasSubstr("bins of values, not of classes")));
  auto more = planted_classes(0.8, 0.8);
  more.labels["kind_class"].value[1] = 3;
  const auto answer = asked_classes(more);
  EXPECT_THAT(answer.notes, testing::ElementsAre(testing::HasSubstr("classes beyond 0 to 2")));
  EXPECT_TRUE(answer.scores.empty());
  more.labels["kind_class"].is_class = false;
  EXPECT_FALSE(ClassPosteriorsQuestion({}).applies(more.subject, more.labels));
}

}  // namespace
}  // namespace asterism::eval
