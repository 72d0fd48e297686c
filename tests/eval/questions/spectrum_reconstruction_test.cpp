#include "eval/questions/spectrum_reconstruction.h"

#include <gtest/gtest.h>

#include "tests/eval/planted_spectra.h"

namespace asterism::eval {
namespace {

Answer spectrum_answer(Planted planted, const modalities::SpectrumBlock& rebuilt) {
  // Lines lie where half the planted redshift puts them.
  for (double& z : planted.labels.at("redshift").value) z *= 0.5;
  auto& made = planted.subject.reconstructions["spectrum_desi"];
  auto half = planted;
  for (int64_t i = 0; i < int64_t(planted.subject.objects.size()); ++i) made.rows.push_back(i);
  for (double& z : half.labels.at("redshift").value) z *= 2;
  made.observed = planted_spectra(half, 0.3);
  made.rebuilt = rebuilt;
  made.bits = 100;
  const SpectrumReconstructionQuestion question({.bootstrap = {.resamples = 50}});
  EXPECT_TRUE(question.applies(planted.subject, planted.labels));
  return question.ask(planted.subject, planted.labels, planted.split);
}

TEST(SpectrumReconstruction, TheTruthHasChiSquareOneAndNoShift) {
  const auto planted = planted_subject(120);
  const auto answer = spectrum_answer(planted, planted_spectra(planted, 0));
  EXPECT_NEAR(score_of(answer, "model", "median chi^2 per pixel").interval.value, 1, 0.05);
  EXPECT_LT(score_of(answer, "model", "median |line shift| [km/s]").interval.value, 40);
  EXPECT_GT(score_of(answer, "principal components", "median chi^2 per pixel").interval.value, 2);
  EXPECT_FALSE(answer.plots.empty());
}

TEST(SpectrumReconstruction, AFlatSpectrumLosesItsLines) {
  const auto planted = planted_subject(120);
  auto flat = planted_spectra(planted, 0);
  std::fill(flat.flux.begin(), flat.flux.end(), 3.0F);
  const auto answer = spectrum_answer(planted, flat);
  EXPECT_GT(score_of(answer, "model", "median chi^2 per pixel").interval.value, 5);
  EXPECT_GT(score_of(answer, "model", "median |line shift| [km/s]").interval.value, 500);
}

}  // namespace
}  // namespace asterism::eval
