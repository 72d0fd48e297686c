#include "eval/questions/hidden_stretches.h"

#include "tests/eval/planted_spectra.h"

namespace asterism::eval {
namespace {

// 240 spectra of which 200 pixels each are hidden, in one stretch that wanders; `error` is added to the truth there.
Answer hidden_answer(double error) {
  auto planted = planted_subject(240);
  const auto truth = planted_spectra(planted, 0);
  auto& made = planted.subject.hidden["spectrum_desi"];
  auto observed = planted_spectra(planted, 0.3);
  auto rebuilt = truth;
  std::fill(rebuilt.mask.begin(), rebuilt.mask.end(), uint8_t{1});
  for (int64_t i = 0; i < truth.n; ++i) {
    made.rows.push_back(i);
    for (int64_t p = 7 * i % 600; p < 7 * i % 600 + 200; ++p) {
      rebuilt.mask[size_t(i * 800 + p)] = 0;
      rebuilt.flux[size_t(i * 800 + p)] += float(error);
    }
  }
  made.observed = observed;
  made.rebuilt = rebuilt;
  const HiddenStretchesQuestion question({.bootstrap = {.resamples = 50}});
  EXPECT_TRUE(question.applies(planted.subject, planted.labels));
  return question.ask(planted.subject, planted.labels, planted.split);
}

TEST(HiddenStretches, TheTruthHasChiSquareOneAndErrorsShow) {
  const auto answer = hidden_answer(0);
  EXPECT_NEAR(score_of(answer, "model", "mean chi^2 per hidden pixel").interval.value, 1, 0.03);
  EXPECT_EQ(answer.test, 60);
  EXPECT_EQ(answer.plots.size(), 3u);
  EXPECT_NEAR(score_of(hidden_answer(0.6), "model", "mean chi^2 per hidden pixel").interval.value, 5, 0.1);
}

TEST(HiddenStretches, BaselinesSeeOnlyWhatIsSeen) {
  const auto answer = hidden_answer(0);
  for (const auto* method : {"a straight line", "principal components on what is seen"}) {
    const auto& score = score_of(answer, method, "mean chi^2 per hidden pixel");
    EXPECT_TRUE(score.baseline);
    EXPECT_GT(score.interval.value, 1.5) << method;  // the line that is hidden cannot be guessed from a flat spectrum
    EXPECT_LT(score_of(answer, method, "median chi^2 per hidden pixel").interval.value, 2.5) << method;
  }
}

TEST(HiddenStretches, NothingWithoutThem) { EXPECT_FALSE(HiddenStretchesQuestion({}).applies({}, {})); }

}  // namespace
}  // namespace asterism::eval
