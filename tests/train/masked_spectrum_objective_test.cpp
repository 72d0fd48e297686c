#include "train/masked_spectrum_objective.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/train/golden.h"
#include "tests/train/other_unit.h"
#include "tests/train/resume.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

MaskedSpectrumObjectiveSettings masked_spectrum_settings() {
  MaskedSpectrumObjectiveSettings settings;
  settings.model.patch = 16;
  settings.model.width = 32;
  settings.model.heads = 2;
  settings.model.layers = 2;
  settings.model.hidden_patches = 2;
  return settings;
}

TEST(MaskedSpectrumObjective, LearnsEightSpectraByHeart) {
  base::TemporaryFolder folder;
  const auto objective = masked_spectrum_settings().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(250, 3e-3), {.folder = folder / "run"});
  const auto curve = curve_of(read_metrics(folder / "run" / "metrics.jsonl"), "loss");
  EXPECT_LT(curve.values.back(), 0.3 * curve.values.front());
  EXPECT_TRUE(objective->separable());
  EXPECT_EQ(masked_spectrum_settings().modalities(), std::vector<std::string>{"spectrum_desi"});
}

TEST(MaskedSpectrumObjective, ItsModelRefusesOtherUnits) {
  expect_other_units_are_refused(*masked_spectrum_settings().make(1), eight_objects(), "spectrum_desi");
}

TEST(MaskedSpectrumObjective, FirstLossesAreTheGoldenOnes) {
  expect_golden("masked_spectrum", *masked_spectrum_settings().make(1), 1e-3);
}

TEST(MaskedSpectrumObjective, ResumeGivesTheSameBits) {
  auto settings = masked_spectrum_settings();
  settings.model.dropout = 0.1;
  expect_resume_gives_the_same_bits([&] { return settings.make(1); }, eight_objects(), by_heart(8, 1e-3));
}

}  // namespace
}  // namespace asterism::train
