#include "train/contrastive_objective.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/masked_spectrum.h"
#include "tests/train/golden.h"
#include "tests/train/resume.h"
#include "tests/train/tiny_objects.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

ContrastiveObjectiveSettings contrastive_settings() {
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
  const auto objective = contrastive_settings().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(250, 2e-3), {.folder = folder / "run"});
  const auto lines = read_metrics(folder / "run" / "metrics.jsonl");
  const auto curve = curve_of(lines, "loss");
  EXPECT_LT(curve.values.back(), 0.1 * curve.values.front());
  EXPECT_EQ(curve_of(lines, "accuracy/photometry-spectrum").values.back(), 1);
  EXPECT_FALSE(objective->separable());
}

TEST(ContrastiveObjective, FirstLossesAreTheGoldenOnes) {
  expect_golden("contrastive", *contrastive_settings().make(1), 1e-3);
}

ContrastiveObjectiveSettings siglip() {
  auto settings = contrastive_settings();
  settings.model.loss = "siglip";
  settings.model.temperature = 0.1;
  settings.model.bias = -2;  // about -ln of the negatives there are
  return settings;
}

TEST(ContrastiveObjective, SiglipLearnsEightObjectsByHeart) {
  base::TemporaryFolder folder;
  const auto objective = siglip().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(250, 2e-3), {.folder = folder / "run"});
  const auto lines = read_metrics(folder / "run" / "metrics.jsonl");
  const auto curve = curve_of(lines, "loss");
  EXPECT_LT(curve.values.back(), 0.1 * curve.values.front());
  EXPECT_EQ(curve_of(lines, "accuracy/photometry-spectrum").values.back(), 1);
}

TEST(ContrastiveObjective, FirstLossesOfSiglipAreTheGoldenOnes) {
  expect_golden("contrastive_siglip", *siglip().make(1), 1e-3);
}

TEST(ContrastiveObjective, ResumeGivesTheSameBits) {
  auto settings = siglip();
  settings.model.dropout = 0.1;
  settings.model.keep_tokens = 0.5;
  expect_resume_gives_the_same_bits([&] { return settings.make(1); }, eight_objects(), by_heart(8, 1e-3));
}

// Two runs, one of them with its batches cut: the same weights but for rounding.
TEST(ContrastiveObjective, ABatchInPiecesIsTheWholeBatch) {
  base::TemporaryFolder folder;
  std::map<std::string, at::Tensor> weights[2];
  for (const int64_t pieces : {1, 3}) {
    const auto objective = contrastive_settings().make(1);
    data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
    auto settings = by_heart(5, 1e-3);
    settings.optimiser.epsilon = 1e-3;  // a first step of Adam is a sign: rounding must not decide it
    settings.micro_batches = pieces;
    train(*objective, source, nullptr, settings, {.folder = folder / std::to_string(pieces)});
    for (const auto& [name, tensor] : objective->parameters().all())
      weights[pieces > 1][name] = tensor.detach().clone();
  }
  for (const auto& [name, tensor] : weights[0])
    EXPECT_TRUE(at::allclose(tensor, weights[1].at(name), 1e-4, 1e-5)) << name;
}

// The spectrum tower is a frozen model, whose features are kept: a resumed run is the same, and reads what was kept.
TEST(ContrastiveObjective, AFrozenBackboneWithKeptFeatures) {
  base::TemporaryFolder folder;
  models::MaskedSpectrumSettings pretrained;
  pretrained.patch = 16;
  pretrained.width = 16;
  pretrained.heads = 2;
  pretrained.layers = 1;
  models::MaskedSpectrum(pretrained).save(folder / "spectra");
  auto settings = contrastive_settings();
  auto& tower = settings.model.towers["spectrum"];
  tower = {};
  tower.modalities = {"spectrum_desi"};
  tower.backbone = (folder / "spectra").string();
  settings.feature_cache = (folder / "kept").string();
  const auto make = [&] { return settings.make(1); };
  {
    const auto objective = make();
    data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
    train(*objective, source, nullptr, by_heart(250, 2e-3), {.folder = folder / "run"});
    EXPECT_EQ(curve_of(read_metrics(folder / "run" / "metrics.jsonl"), "accuracy/photometry-spectrum").values.back(),
              1);
  }
  settings.feature_cache.clear();  // three objectives live at once there, and one process keeps a file
  expect_resume_gives_the_same_bits(make, eight_objects(), by_heart(8, 1e-3));
  settings.feature_cache = (folder / "kept").string();
  settings.model.towers["spectrum"].freeze = "none";
  EXPECT_THROW(make(), base::UserError);
}

}  // namespace
}  // namespace asterism::train
