#include "train/contrastive_objective.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/train/golden.h"
#include "tests/train/tiny_objects.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

ContrastiveObjectiveSettings settings_of() {
  ContrastiveObjectiveSettings settings;
  settings.model.width = 32;
  settings.model.heads = 2;
  settings.model.projection = 16;
  settings.model.modalities["flux_g"];
  settings.model.modalities["flux_r"];
  auto& spectrum = settings.model.modalities["spectrum_desi"];
  spectrum.kind = "spectrum";
  spectrum.patch = 16;
  settings.model.towers["photometry"].modalities = {"flux_g", "flux_r"};
  settings.model.towers["spectrum"].modalities = {"spectrum_desi"};
  settings.model.towers["photometry"].layers = settings.model.towers["spectrum"].layers = 1;
  return settings;
}

TEST(ContrastiveObjective, LearnsEightObjectsByHeart) {
  base::TemporaryFolder folder;
  const auto objective = settings_of().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(250, 2e-3), {.folder = folder / "run"});
  const auto lines = read_metrics(folder / "run" / "metrics.jsonl");
  const auto curve = curve_of(lines, "loss");
  EXPECT_LT(curve.values.back(), 0.1 * curve.values.front());
  EXPECT_EQ(curve_of(lines, "accuracy/photometry-spectrum").values.back(), 1);
  EXPECT_FALSE(objective->separable());
}

TEST(ContrastiveObjective, FirstLossesAreTheGoldenOnes) { expect_golden("contrastive", *settings_of().make(1), 1e-3); }

}  // namespace
}  // namespace asterism::train
