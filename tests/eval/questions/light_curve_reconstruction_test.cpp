#include "eval/questions/light_curve_reconstruction.h"

#include <gtest/gtest.h>

#include "modalities/light_curve.h"
#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

// Sines of periods of hours to days in two bands; `noise` 0: the truth itself.
modalities::LightCurveBlock sines(int64_t n, double noise) {
  auto out = modalities::make_light_curves(n, 70, {{"b", 4800, 0}, {"r", 6500, 0}}, "mag", "day");
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(3, 0, uint64_t(i), "sines"), scatter(4, 0, uint64_t(i), "scatter");
    const double period = random.uniform(0.4, 4);
    std::vector<modalities::LightCurvePoint> points;
    for (int k = 0; k < 70; ++k) {
      const double t = random.uniform(0, 300);
      const int32_t band = int32_t(random.below(2));
      points.push_back({t, band, float(17 + band + 0.5 * std::sin(6.2831853 * t / period) + noise * scatter.normal()),
                        0.1F, false, false});
    }
    modalities::set_points(out, i, points);
  }
  return out;
}

// As sines(), every third point an upper limit 0.05 mag brighter than the truth there.
modalities::LightCurveBlock with_limits(modalities::LightCurveBlock block, const modalities::LightCurveBlock& truth) {
  for (size_t at = 0; at < block.value.size(); at += 3) {
    block.value[at] = truth.value[at] - 0.05F;
    block.mask[at] = block.upper_limit[at] = 1;
  }
  return block;
}

Answer light_curve_answer(const modalities::LightCurveBlock& rebuilt, bool limits = false) {
  auto planted = planted_subject(60);
  auto& made = planted.subject.reconstructions["lightcurve_eros"];
  for (int64_t i = 0; i < 60; ++i) made.rows.push_back(i);
  made.observed = limits ? with_limits(sines(60, 0.1), sines(60, 0)) : sines(60, 0.1);
  made.rebuilt = rebuilt;
  made.bits = 100;
  const LightCurveReconstructionQuestion question({.bootstrap = {.resamples = 50}});
  EXPECT_TRUE(question.applies(planted.subject, planted.labels));
  EXPECT_FALSE(question.applies(planted_subject(60).subject, planted.labels));
  return question.ask(planted.subject, planted.labels, planted.split);
}

TEST(LightCurveReconstruction, TheTruthHasChiSquareOneAndSineBeatsGaussianProcessBeatsNothing) {
  const auto answer = light_curve_answer(sines(60, 0));
  const char* measure = "chi^2 per held-out point";
  EXPECT_NEAR(score_of(answer, "model", measure).interval.value, 1, 0.2);
  EXPECT_GT(score_of(answer, "model", "share within 3 errors").interval.value, 0.97);
  EXPECT_LT(score_of(answer, "folded", measure).interval.value, 3);
  EXPECT_GT(score_of(answer, "constant", measure).interval.value, 8);
  EXPECT_GT(score_of(answer, "Gaussian", measure).interval.value, 3);
  EXPECT_FALSE(answer.plots.empty());
}

TEST(LightCurveReconstruction, AWrongCurveIsSeenToBe) {
  auto wrong = sines(60, 0);
  for (auto& value : wrong.value) value += 0.3F;
  EXPECT_NEAR(score_of(light_curve_answer(wrong), "model", "chi^2 per held-out point").interval.value, 10, 1.5);
}

TEST(LightCurveReconstruction, LimitsThatAreHeldOutAreKeptByTheTruthAndNotByABrighterCurve) {
  const char* measure = "share of held-out limits kept";
  const auto answer = light_curve_answer(sines(60, 0), true);
  EXPECT_EQ(score_of(answer, "model", measure).interval.value, 1);
  EXPECT_LT(score_of(answer, "constant", measure).interval.value, 0.8);
  auto bright = sines(60, 0);
  for (auto& value : bright.value) value -= 0.1F;
  EXPECT_EQ(score_of(light_curve_answer(bright, true), "model", measure).interval.value, 0);
  for (const auto& score : light_curve_answer(sines(60, 0)).scores) EXPECT_NE(score.measure, measure);
}

}  // namespace
}  // namespace asterism::eval
