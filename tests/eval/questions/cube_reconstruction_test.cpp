#include "eval/questions/cube_reconstruction.h"

#include <gtest/gtest.h>

#include "modalities/cube.h"
#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

// Galaxies at redshift zero with a line in the middle; `noise` 0: the truth itself.
modalities::CubeBlock little_cubes(int64_t n, double noise, double line = 8) {
  auto out = modalities::make_cubes(n, 120, 4, 4, "1e-17 erg/s/cm^2/Angstrom", 0.5);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(3, 0, uint64_t(i), "cubes"), scatter(4, 0, uint64_t(i), "scatter");
    const double level = std::exp(0.5 * random.normal()), slope = random.normal();
    out.present[size_t(i)] = 1;
    for (int64_t k = 0; k < 120; ++k) {
      const double w = 6300 * std::pow(10, 5e-4 * double(k)), x = (w - 6564.614) / 5;
      out.wavelength_angstrom[size_t(i * 120 + k)] = float(w);
      for (int64_t p = 0; p < 16; ++p) {
        const double r = std::hypot(double(p / 4) - 1.5, double(p % 4) - 1.5);
        const double truth =
            level * std::exp(-r / 2) * (1 + 0.2 * slope * double(k - 60) / 60 + line * std::exp(-x * x / 2));
        const auto at = size_t((i * 120 + k) * 16 + p);
        out.flux[at] = float(truth + noise * scatter.normal());
        out.ivar[at] = 400;
        out.mask[at] = 0;
      }
    }
  }
  return out;
}

Answer cube_answer(int64_t n, const modalities::CubeBlock& rebuilt, double bits) {
  auto planted = planted_subject(n);
  auto& made = planted.subject.reconstructions["cube_manga"];
  for (int64_t i = 0; i < n; ++i) made.rows.push_back(i);
  made.observed = little_cubes(n, 0.05);
  made.rebuilt = rebuilt;
  made.bits = bits;
  auto& redshift = planted.labels["redshift"];
  redshift = {};
  redshift.value.assign(size_t(n), 0);
  redshift.present.assign(size_t(n), 1);
  const CubeReconstructionQuestion question({.bootstrap = {.resamples = 50}});
  EXPECT_TRUE(question.applies(planted.subject, planted.labels));
  EXPECT_FALSE(question.applies(planted_subject(n).subject, planted.labels));
  return question.ask(planted.subject, planted.labels, planted.split);
}

TEST(CubeReconstruction, TheTruthIsRightToTheNoise) {
  const auto answer = cube_answer(60, little_cubes(60, 0), 16 * 8);
  EXPECT_NEAR(score_of(answer, "model", "excess chi^2 per pixel").interval.value, 0, 0.03);
  EXPECT_NEAR(score_of(answer, "model", "line flux bias [errors]").interval.value, 0, 0.3);
  EXPECT_NEAR(score_of(answer, "model", "line flux scatter [errors]").interval.value, 1, 0.2);
  EXPECT_EQ(score_of(answer, "model", "line flux bias [errors]").subject, "cube_manga Halpha");
  // eight bits a spaxel hold a level and a little of a slope, not to the noise
  const double trivial = score_of(answer, "components of spaxels", "excess chi^2 per pixel").interval.value;
  EXPECT_GT(trivial, 0.01);
  EXPECT_LT(trivial, 3);
  EXPECT_FALSE(answer.plots.empty());
}

TEST(CubeReconstruction, ALineThatIsTooFaintIsSeenToBe) {
  const auto answer = cube_answer(60, little_cubes(60, 0, 6), 16 * 20);
  EXPECT_LT(score_of(answer, "model", "line flux bias [errors]").interval.value, -3);
  EXPECT_NEAR(score_of(answer, "model", "median relative error of line flux").interval.value, 0.25, 0.05);
}

TEST(CubeReconstruction, OfFewCubesTheSpaxelsCount) {
  const auto answer = cube_answer(20, little_cubes(20, 0), 16 * 20);
  ASSERT_LT(answer.test, 10);
  ASSERT_GT(answer.test, 0);
  EXPECT_NEAR(score_of(answer, "model", "median chi^2 of spaxels").interval.value, 1, 0.1);
  ASSERT_FALSE(answer.notes.empty());
  EXPECT_NE(answer.notes[0].find("spaxels"), std::string::npos);
}

}  // namespace
}  // namespace asterism::eval
