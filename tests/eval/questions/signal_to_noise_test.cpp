#include "eval/questions/signal_to_noise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/eval/planted_posteriors.h"

namespace asterism::eval {
namespace {

// Posteriors given a spectrum whose signal-to-noise is 0.5 of half of the objects, 10 of the others.
Planted noisy_spectra() {
  auto planted = planted_subject(2000);
  add_posteriors(planted, 0.03, 1);
  planted.subject.posteriors.at("redshift")[0].given = "spectrum_desi";
  auto& ratio = planted.subject.signal_to_noise["spectrum_desi"];
  for (size_t i = 0; i < planted.subject.objects.size(); ++i) ratio.push_back(i / 4 % 2 == 0 ? 0.5 : 10);
  return planted;
}

TEST(SignalToNoise, JudgesEachBinAlone) {
  auto planted = noisy_spectra();
  auto& posteriors = planted.subject.posteriors.at("redshift")[0];
  auto* p = posteriors.probability_MK.mutable_data_ptr<double>();
  const int64_t bins = posteriors.probability_MK.size(1);
  for (int64_t i = 0; i < posteriors.probability_MK.size(0); ++i) {  // nothing is known of the faint ones
    if (i / 4 % 2 != 0) continue;
    std::fill(p + i * bins, p + (i + 1) * bins, 1.0 / double(bins));
  }
  const SignalToNoiseQuestion question({.bootstrap = {.resamples = 50}});
  ASSERT_TRUE(question.applies(planted.subject, planted.labels));
  const auto answer = question.ask(planted.subject, planted.labels, planted.split);
  double faint = NAN, bright = NAN;
  for (const auto& score : answer.scores) {
    if (score.measure != "R2") continue;
    if (score.subject.find("S/N < 1") != std::string::npos) faint = score.interval.value;
    if (score.subject.find("S/N > 6") != std::string::npos) bright = score.interval.value;
  }
  EXPECT_LT(faint, 0.1);
  EXPECT_GT(bright, 0.95);
  EXPECT_TRUE(answer.notes.empty());  // 1-2, 2-3, 3-6 hold nobody
}

TEST(SignalToNoise, IsOfOneSpectrumAlone) {
  auto planted = noisy_spectra();
  planted.subject.posteriors.at("redshift")[0].given = "spectrum_desi flux_g";
  EXPECT_FALSE(SignalToNoiseQuestion({}).applies(planted.subject, planted.labels));
  planted.subject.posteriors.at("redshift")[0].given = "spectrum_desi";
  for (double& ratio : planted.subject.signal_to_noise.at("spectrum_desi"))
    ratio = std::numeric_limits<double>::quiet_NaN();  // no good pixel: in no bin
  const auto answer = SignalToNoiseQuestion({}).ask(planted.subject, planted.labels, planted.split);
  EXPECT_TRUE(answer.scores.empty());
}

}  // namespace
}  // namespace asterism::eval
