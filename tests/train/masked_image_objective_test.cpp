#include "train/masked_image_objective.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/train/golden.h"
#include "tests/train/other_unit.h"
#include "tests/train/resume.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

MaskedImageObjectiveSettings masked_image_settings() {
  MaskedImageObjectiveSettings settings;
  settings.model.patch = 8;
  settings.model.width = 32;
  settings.model.heads = settings.model.decoder_heads = 2;
  settings.model.layers = settings.model.decoder_layers = 1;
  settings.model.decoder_width = 32;
  settings.model.hidden_share = 0.5;
  return settings;
}

TEST(MaskedImageObjective, LearnsEightImagesByHeart) {
  base::TemporaryFolder folder;
  const auto objective = masked_image_settings().make(1);
  data::MemorySource source(eight_objects_with_images(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(300, 4e-3), {.folder = folder / "run"});
  const auto lines = read_metrics(folder / "run" / "metrics.jsonl");
  const auto loss = curve_of(lines, "loss"), explained = curve_of(lines, "explained");
  EXPECT_LT(loss.values.back(), 0.5 * loss.values.front());
  EXPECT_GT(explained.values.back(), 0.5) << "most of what is not noise";
  EXPECT_TRUE(objective->separable());
  EXPECT_EQ(masked_image_settings().modalities(), std::vector<std::string>{"image_legacy"});
}

TEST(MaskedImageObjective, ItsModelRefusesOtherUnits) {
  expect_other_units_are_refused(*masked_image_settings().make(1), eight_objects_with_images(), "image_legacy");
  auto vision = masked_image_settings();
  vision.model.network = "dino";
  vision.model.size = 32;
  expect_other_units_are_refused(*vision.make(1), eight_objects_with_images(), "image_legacy");
}

TEST(MaskedImageObjective, FirstLossesAreTheGoldenOnes) {
  expect_golden("masked_image", *masked_image_settings().make(1), 1e-3, eight_objects_with_images());
}

TEST(MaskedImageObjective, ResumeGivesTheSameBits) {
  auto settings = masked_image_settings();
  settings.model.dropout = 0.1;
  expect_resume_gives_the_same_bits([&] { return settings.make(1); }, eight_objects_with_images(), by_heart(8, 1e-3));
}

}  // namespace
}  // namespace asterism::train
