#include "eval/questions/calibration.h"

#include <gtest/gtest.h>

#include "tests/eval/planted_posteriors.h"

namespace asterism::eval {
namespace {

Answer calibration_of(double claimed) {
  auto planted = planted_subject(2000);
  add_posteriors(planted, 0.05, claimed);
  return CalibrationQuestion({.bootstrap = {.resamples = 100}}).ask(planted.subject, planted.labels, planted.split);
}

TEST(Calibration, HonestPosteriorsAreFlat) {
  const auto answer = calibration_of(1);
  EXPECT_LT(score_of(answer, "model", "PIT KS").interval.value, 0.061);  // 5% critical value at 500
  const auto& coverage = score_of(answer, "model", "coverage of 68%").interval;
  EXPECT_LT(coverage.low, 0.68);
  EXPECT_GT(coverage.high, 0.68);
  // CRPS of a Gaussian of width s, averaged over truths drawn from it: s / sqrt(pi).
  EXPECT_NEAR(score_of(answer, "model", "CRPS").interval.value, 0.05 / std::sqrt(3.14159265), 0.003);
  EXPECT_LT(score_of(answer, "all training values", "PIT KS").interval.value, 0.08);
  // Uniform truths, whose variance is 1/12, with errors of 0.05.
  EXPECT_NEAR(score_of(answer, "model", "R2 of the median").interval.value, 1 - 12 * 0.05 * 0.05, 0.01);
  EXPECT_EQ(answer.plots.size(), 2u);
}

TEST(Calibration, PlantedOverconfidenceShows) {
  const auto answer = calibration_of(0.4), honest = calibration_of(1);
  EXPECT_GT(score_of(answer, "model", "PIT KS").interval.low, 0.1);
  EXPECT_LT(score_of(answer, "model", "coverage of 68%").interval.high, 0.5);
  EXPECT_GT(score_of(answer, "model", "CRPS").interval.value, score_of(honest, "model", "CRPS").interval.value);
  EXPECT_LT(score_of(answer, "model", "log-likelihood [nats]").interval.value,
            score_of(honest, "model", "log-likelihood [nats]").interval.value);
}

}  // namespace
}  // namespace asterism::eval
