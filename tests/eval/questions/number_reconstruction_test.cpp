#include "eval/questions/number_reconstruction.h"

#include <gtest/gtest.h>

#include <cmath>

#include "modalities/scalar.h"
#include "modalities/vector.h"
#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

constexpr int64_t kObjects = 400;

// Fluxes over three decades with errors of 0.1, and what comes back: moved up by `shift`, one in sixteen down.
Reconstruction fluxes(double shift, bool has_error = true) {
  Reconstruction made;
  auto observed = modalities::make_scalars(kObjects, "nanomaggy", has_error);
  auto rebuilt = modalities::make_scalars(kObjects, "nanomaggy", false);
  for (int64_t i = 0; i < kObjects; ++i) {
    base::Random random(2, 0, uint64_t(i), "fluxes");
    made.rows.push_back(i);
    observed.present[size_t(i)] = rebuilt.present[size_t(i)] = 1;
    observed.value[size_t(i)] = std::pow(10, random.uniform(-1, 2));
    if (has_error) observed.error[size_t(i)] = 0.1;
    rebuilt.value[size_t(i)] = observed.value[size_t(i)] + shift * (i % 16 > 0 ? 1 : -1);
  }
  made.observed = observed;
  made.rebuilt = rebuilt;
  made.bits = 10;
  return made;
}

Answer answer_to(Reconstruction made) {
  auto planted = planted_subject(kObjects);
  planted.subject.reconstructions["flux_g"] = std::move(made);
  const NumberReconstructionQuestion question({.bootstrap = {.resamples = 50}});
  EXPECT_TRUE(question.applies(planted.subject, planted.labels));
  EXPECT_FALSE(question.applies(planted_subject(kObjects).subject, planted.labels));
  return question.ask(planted.subject, planted.labels, planted.split);
}

TEST(NumberReconstruction, TheErrorOfCodingIsCountedInErrors) {
  const auto answer = answer_to(fluxes(0.05));
  EXPECT_EQ(answer.test, 100);
  EXPECT_NEAR(score_of(answer, "model", "median |coded - value| / error").interval.value, 0.5, 1e-9);
  EXPECT_NEAR(score_of(answer, "model", "median (coded - value) / error").interval.value, 0.5, 1e-9);
  EXPECT_EQ(score_of(answer, "model", "share within the error").interval.value, 1);
  EXPECT_EQ(score_of(answer_to(fluxes(0.2)), "model", "share within the error").interval.value, 0);
}

// 1,024 bins of 100 nanomaggies: errors of coding up to 0.05, evenly.
TEST(NumberReconstruction, BinsOfEqualWidthAreBesideIt) {
  const auto answer = answer_to(fluxes(0.05));
  EXPECT_TRUE(score_of(answer, "1024 bins", "median |coded - value| / error").baseline);
  EXPECT_NEAR(score_of(answer, "1024 bins", "median |coded - value| / error").interval.value, 0.24, 0.05);
}

TEST(NumberReconstruction, WithoutErrorsTheScatterIsTheUnit) {
  const auto answer = answer_to(fluxes(0.05, false));
  const double in_scatter = score_of(answer, "model", "median |coded - value| / scatter").interval.value;
  EXPECT_GT(in_scatter, 0.05 / 20);
  EXPECT_LT(in_scatter, 0.05 / 2);
}

TEST(NumberReconstruction, VectorsCountByTheRootMeanSquareOfTheirColumns) {
  Reconstruction made;
  auto observed = modalities::make_vectors(kObjects, 2), rebuilt = observed;
  for (int64_t i = 0; i < kObjects; ++i) {
    base::Random random(2, 0, uint64_t(i), "vectors");
    made.rows.push_back(i);
    observed.present[size_t(i)] = rebuilt.present[size_t(i)] = 1;
    for (const int64_t c : {0, 1}) {
      const double scatter = c == 0 ? 1 : 100;
      observed.value[size_t(2 * i + c)] = float(scatter * random.normal());
      rebuilt.value[size_t(2 * i + c)] = observed.value[size_t(2 * i + c)] + float(0.1 * scatter);
    }
  }
  made.observed = observed;
  made.rebuilt = rebuilt;
  made.bits = 8;  // 16 bins a column
  const auto answer = answer_to(made);
  EXPECT_NEAR(score_of(answer, "model", "median |coded - value| / scatter").interval.value, 0.1, 0.015);
  EXPECT_NEAR(score_of(answer, "model", "median (coded - value) / scatter").interval.value, 0.1, 0.015);
  EXPECT_GT(score_of(answer, "16 bins", "median |coded - value| / scatter").interval.value, 0.05);
  auto tokens = made;
  std::get<modalities::VectorBlock>(tokens.observed).vocabulary = 9;
  auto planted = planted_subject(kObjects);
  planted.subject.reconstructions["tokens"] = tokens;
  EXPECT_FALSE(NumberReconstructionQuestion({}).applies(planted.subject, planted.labels));
}

}  // namespace
}  // namespace asterism::eval
