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
  ASSERT_EQ(answer.plots.size(), 4u);
  for (const auto& figure : answer.plots) {
    EXPECT_EQ(figure.title.rfind("spectrum_desi, ", 0), 0u) << figure.title;
    EXPECT_EQ(std::stoi(figure.title.substr(15)) % 4, 0) << figure.title;  // of the test side
    ASSERT_TRUE(figure.below.has_value());
    EXPECT_EQ(figure.below->y.unit, "sigma");
  }
}

TEST(SpectrumReconstruction, FiveSpectraAreJudgedAndFourAreNot) {
  for (const size_t judged : {size_t{4}, size_t{5}}) {
    auto planted = planted_subject(120);
    planted.split.test.resize(judged);
    const auto answer = spectrum_answer(planted, planted_spectra(planted, 0));
    EXPECT_EQ(answer.scores.empty(), judged == 4);
    EXPECT_EQ(answer.notes.size(), judged == 4 ? 1u : 0u);
    if (judged == 5) {
      EXPECT_NEAR(score_of(answer, "model", "median chi^2 per pixel").interval.value, 1, 0.15);
    }
  }
}

TEST(SpectrumReconstruction, LargerPixelsStandBesideWhatNothingWasLearnedFor) {
  auto planted = planted_subject(120);
  planted.split.train.clear();
  const auto answer = spectrum_answer(planted, planted_spectra(planted, 0));
  const auto& larger = score_of(answer, "larger pixels, by what is judged", "median chi^2 per pixel");
  EXPECT_TRUE(larger.baseline);
  EXPECT_GT(larger.interval.value, score_of(answer, "model", "median chi^2 per pixel").interval.value);
  for (const auto& score : answer.scores) EXPECT_EQ(score.method.find("components"), std::string::npos);
}

TEST(SpectrumReconstruction, AFlatSpectrumLosesItsLines) {
  const auto planted = planted_subject(120);
  auto flat = planted_spectra(planted, 0);
  std::fill(flat.flux.begin(), flat.flux.end(), 3.0F);
  const auto answer = spectrum_answer(planted, flat);
  EXPECT_GT(score_of(answer, "model", "median chi^2 per pixel").interval.value, 5);
  EXPECT_GT(score_of(answer, "model", "median |line shift| [km/s]").interval.value, 500);
}

// Three lines of four lie outside of what the codec covers: they are nobody's, and the rest came back as they were.
TEST(SpectrumReconstruction, LinesOutsideOfTheCoverageAreNotJudged) {
  const auto planted = planted_subject(240);
  auto rebuilt = planted_spectra(planted, 0);
  for (int64_t i = 0; i < rebuilt.n; ++i) {
    if (i / 4 % 4 == 0) continue;
    const double line = 5008.24 * (1 + 0.5 * planted.labels.at("redshift").value[size_t(i)]);
    for (int64_t p = 0; p < rebuilt.length; ++p) {
      const auto at = size_t(i * rebuilt.length + p);
      if (std::abs(double(rebuilt.wavelength_angstrom[at]) - line) > 60) continue;
      rebuilt.mask[at] = 1;
      rebuilt.flux[at] = 0;
    }
  }
  const auto answer = spectrum_answer(planted, rebuilt);
  EXPECT_LT(score_of(answer, "model", "median |line shift| [km/s]").interval.value, 40);
  EXPECT_NEAR(score_of(answer, "model", "line flux bias").interval.value, 0, 0.1);
}

// Tokens that tell the redshift are judged by it, on the objects of the test side.
TEST(SpectrumReconstruction, RedshiftsThatTheTokensTell) {
  auto planted = planted_subject(120);
  const auto rebuilt = planted_spectra(planted, 0);
  for (const auto& score : spectrum_answer(planted, rebuilt).scores)  // tokens that tell none
    EXPECT_EQ(score.measure.find("redshift"), std::string::npos) << score.measure;
  const auto& truth = planted.labels.at("redshift").value;
  std::vector<double> told;
  for (size_t i = 0; i < truth.size(); ++i)  // half of the label is the truth here; every fourth four are wrong
    told.push_back(0.5 * truth[i] + (i / 4 % 4 == 0 ? 0.1 : 0.0005));
  planted.subject.reconstructions["spectrum_desi"].redshift_N = at::tensor(told, at::kDouble);
  const auto answer = spectrum_answer(planted, rebuilt);
  int64_t right = 0;
  for (const int64_t i : planted.split.test) right += i / 4 % 4 != 0 ? 1 : 0;
  EXPECT_NEAR(score_of(answer, "model", "share of redshifts right to 1,000 km/s").interval.value,
              double(right) / double(planted.split.test.size()), 1e-9);
  EXPECT_NEAR(score_of(answer, "model", "median |redshift error| [km/s]").interval.value, 130, 25);
}

}  // namespace
}  // namespace asterism::eval
