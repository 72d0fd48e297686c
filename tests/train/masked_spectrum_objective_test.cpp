#include "train/masked_spectrum_objective.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/train/tiny_objects.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

MaskedSpectrumObjectiveSettings settings_of() {
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
  const auto objective = settings_of().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(250, 3e-3), {.folder = folder / "run"});
  const auto curve = curve_of(read_metrics(folder / "run" / "metrics.jsonl"), "loss");
  EXPECT_LT(curve.values.back(), 0.3 * curve.values.front());
  EXPECT_TRUE(objective->separable());
  EXPECT_EQ(settings_of().modalities(), std::vector<std::string>{"spectrum_desi"});
}

}  // namespace
}  // namespace asterism::train
