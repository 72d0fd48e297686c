#include "train/dino_objective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/train/golden.h"
#include "tests/train/other_unit.h"
#include "tests/train/resume.h"
#include "train/masked_image_objective.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

DinoObjectiveSettings dino_settings() {
  DinoObjectiveSettings settings;
  auto& m = settings.model;
  m.encoder.patch = 8;
  m.encoder.size = 32;
  m.encoder.width = 32;
  m.encoder.heads = m.encoder.layers = 2;
  m.encoder.layer_scale = 1;
  m.local_crops = 2;
  m.local_size = 16;
  m.prototypes = 64;
  m.head_hidden = 32;
  m.bottleneck = 16;
  m.momentum_start = 0.95;
  m.layer_decay = m.patch_rate = 1;
  return settings;
}

// What the student says of a view tells which object it is of: the entropy of the mean answer less the loss is a lower
// bound of that information (ln 8 nats at most). Sinkhorn-Knopp, because a running mean wants larger batches than this.
TEST(DinoObjective, LearnsToTellEightObjectsApart) {
  base::TemporaryFolder folder;
  auto settings = dino_settings();
  auto& m = settings.model;
  m.centring = "sinkhorn";
  m.momentum_start = 0.9, m.momentum_end = 0.95;
  m.teacher_temperature = 0.04;
  m.augment.rotation = "none";
  m.augment.global_scale_low = 0.6;
  m.augment.local_scale_low = 0.4, m.augment.local_scale_high = 0.8;
  m.augment.size_low = m.augment.size_high = 1;
  m.augment.blur_probability = m.augment.noise_probability = {0, 0, 0};
  m.augment.reddening = m.augment.band_dropout = 0;
  const auto objective = settings.make(1);
  data::MemorySource source(eight_objects_with_images(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(120, 5e-4), {.folder = folder / "run"});
  const auto lines = read_metrics(folder / "run" / "metrics.jsonl");
  const auto loss = curve_of(lines, "dino").values, entropy = curve_of(lines, "entropy").values;
  EXPECT_LT(entropy[4] - loss[4], 0.25);
  EXPECT_GT(entropy.back() - loss.back(), 0.5) << loss.back();
  EXPECT_GT(curve_of(lines, "ibot").values.size(), 30u);
  EXPECT_FALSE(objective->separable());
}

// A masked autoencoder of the same network comes first: student and teacher begin with what it learned.
TEST(DinoObjective, GoesOnFromAMaskedAutoencoder) {
  const base::TemporaryFolder folder;
  MaskedImageObjectiveSettings masked;
  auto& m = masked.model;
  m.network = "dino";
  m.patch = 8;
  m.size = 32;
  m.width = m.decoder_width = 32;
  m.heads = m.layers = m.decoder_heads = 2;
  m.layer_scale = 1;
  const auto first = masked.make(7);
  data::MemorySource source(eight_objects_with_images(), {.batch_size = 8, .seed = 1});
  train(*first, source, nullptr, by_heart(60, 2e-3), {.folder = folder / "run"});
  const auto curve = curve_of(read_metrics(folder / "run" / "metrics.jsonl"), "loss");
  EXPECT_LT(curve.values.back(), 0.7 * curve.values.front());
  const auto objective = dino_settings().make(1);
  const auto start = objective->start_from(folder / "run");
  for (const auto& [name, nearest] : start.missing) EXPECT_EQ(name.find("backbone"), std::string::npos) << name;
  const auto there = first->parameters().all(), here = objective->parameters().all();
  for (const char* name : {"patch_embed.pixels.weight", "blocks.1.attn.qkv.weight", "cls_token", "mask_token"})
    for (const std::string network : {"student.", "teacher."})
      EXPECT_TRUE(at::equal(here.at(network + "backbone." + name), there.at(std::string("backbone.") + name))) << name;
  objective->save(folder / "dino");
  EXPECT_NO_THROW(dino_settings().make(2)->start_from(folder / "dino"));
  EXPECT_THROW(dino_settings().make(2)->start_from(folder / "nowhere"), base::UserError);
}

TEST(DinoObjective, ItsModelRefusesOtherUnits) {
  expect_other_units_are_refused(*dino_settings().make(1), eight_objects_with_images(), "image_legacy");
}

TEST(DinoObjective, FirstLossesAreTheGoldenOnes) {
  expect_golden("dino", *dino_settings().make(1), 1e-3, eight_objects_with_images());
}

TEST(DinoObjective, ResumeGivesTheSameBits) {
  for (const char* centring : {"centre", "sinkhorn"}) {
    auto settings = dino_settings();
    settings.model.centring = centring;
    settings.model.encoder.drop_path = 0.2;
    settings.model.freeze_last_layer = 0.3;
    auto how = by_heart(8, 1e-3);
    how.optimiser.weight_decay = 0.01;
    how.optimiser.final_weight_decay = 0.1;
    expect_resume_gives_the_same_bits([&] { return settings.make(1); }, eight_objects_with_images(), how);
  }
}

// Writes down which objects are learned from, in their order.
class WatchedObjective : public DinoObjective {
 public:
  WatchedObjective(std::unique_ptr<models::Dino> model, std::vector<std::string>& seen)
      : DinoObjective(std::move(model)), seen_(seen) {}
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override {
    for (const auto& object : batch.objects) seen_.push_back(object.id);
    return DinoObjective::step(batch, context);
  }

 private:
  std::vector<std::string>& seen_;
};

// The reference began its data order anew.
TEST(DinoObjective, TheOrderOfTheDataIsResumed) {
  base::TemporaryFolder folder;
  const auto run = [&](const char* name, std::vector<std::string>& seen, int64_t stop_at, bool resume) {
    auto model = dino_settings().model;
    model.seed = 1;
    WatchedObjective objective(std::make_unique<models::Dino>(model), seen);
    StoppingSource source(eight_objects_with_images(), stop_at);
    train(objective, source, nullptr, by_heart(8, 1e-3), {.folder = folder / name, .resume = resume});
    base::clear_stop_request();
  };
  std::vector<std::string> whole, parts;
  run("whole", whole, 1000000, false);
  run("parts", parts, 6, false);
  EXPECT_LT(parts.size(), whole.size());
  run("parts", parts, 1000000, true);
  EXPECT_EQ(parts, whole);
  EXPECT_NE(std::vector<std::string>(whole.begin(), whole.begin() + 8),
            std::vector<std::string>(whole.begin() + 8, whole.begin() + 16))
      << "epochs differ, so that a fresh start would show";
}

// The vectors are the teacher's, which an average of the student leaves as they are.
TEST(DinoObjective, ASecondAverageIsRefused) {
  base::TemporaryFolder folder;
  const auto objective = dino_settings().make(1);
  data::MemorySource source(eight_objects_with_images(), {.batch_size = 8, .seed = 1});
  auto settings = by_heart(1, 5e-4);
  settings.weight_average = 0.9;
  try {
    train(*objective, source, nullptr, settings, {.folder = folder / "run"});
    FAIL() << "trained";
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("train.weight_average = 0.9: the model of dino"));
  }
}

TEST(DinoObjective, LastLayerRestsAtFirst) {
  base::TemporaryFolder folder;
  auto settings = dino_settings();
  settings.model.freeze_last_layer = 1;
  const auto objective = settings.make(1);
  const auto& parameters = objective->parameters().parameters();
  const auto before = parameters.at("student.dino_head.last_layer.weight_v").detach().clone(),
             moved = parameters.at("student.dino_head.mlp.0.weight").detach().clone();
  data::MemorySource source(eight_objects_with_images(), {.batch_size = 4, .seed = 1});
  train(*objective, source, nullptr, by_heart(3, 1e-2), {.folder = folder / "run"});
  EXPECT_TRUE(at::equal(before, parameters.at("student.dino_head.last_layer.weight_v")));
  EXPECT_FALSE(at::equal(moved, parameters.at("student.dino_head.mlp.0.weight")));
}

TEST(DinoObjective, DataThatAnAugmentationCannotChangeAreRefusedAtOnce) {
  auto settings = dino_settings();
  settings.model.augment.blur_pixels = 1;
  EXPECT_THROW(settings.make(1)->prepare(eight_objects_with_images()), base::UserError);
  EXPECT_EQ(settings.modalities(), std::vector<std::string>{"image_legacy"});
}

}  // namespace
}  // namespace asterism::train
