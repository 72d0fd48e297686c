#include "train/specformer_objective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/all.h"
#include "tests/train/golden.h"
#include "tests/train/resume.h"
#include "tokenizers/weights_file.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

SpecFormerObjectiveSettings small_specformer() {
  SpecFormerObjectiveSettings settings;
  auto& s = settings.encoder;
  s.slice = 16;
  s.overlap = 8;  // 30 slices of 256 pixels
  s.width = 32;
  s.heads = 2;
  s.layers = 2;
  s.hidden = 64;
  s.max_tokens = 32;
  settings.mask.chunks = 3;
  settings.mask.chunk_tokens = 3;
  settings.input.pixels = 0;
  return settings;
}

TEST(SpecFormerObjective, LearnsByHeartAndItsModelLoadsUnderThePublishedNames) {
  const base::TemporaryFolder folder;
  const auto objective = small_specformer().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(250, 3e-3), {.folder = folder / "run"});
  const auto curve = curve_of(read_metrics(folder / "run" / "metrics.jsonl"), "loss");
  EXPECT_LT(curve.values.back(), 0.3 * curve.values.front());
  const auto weights = tokenizers::read_weights(folder / "run" / "model" / "model.safetensors");
  for (const char* name : {"data_embed.weight", "position_embed.weight", "blocks.1.attention.attention.weight",
                           "blocks.0.mlp.decoder.bias", "final_layernorm.weight", "head.bias"})
    EXPECT_TRUE(weights.contains(name)) << name;
  const auto saved = models::load_model(folder / "run" / "model");
  EXPECT_EQ(saved->kind(), "astroclip");
  const auto& mine = dynamic_cast<SpecFormerObjective&>(*objective).model();
  const auto vectors = saved->embed(eight_objects(), {}).vectors_ND;
  EXPECT_TRUE(at::equal(vectors, mine.embed(eight_objects(), {}).vectors_ND));
  EXPECT_GT(vectors.std(0).min().item<float>(), 0);
  saved->forget(9);
  EXPECT_FALSE(at::allclose(saved->embed(eight_objects(), {}).vectors_ND, vectors));
}

TEST(SpecFormerObjective, GoesOnFromPublishedWeights) {
  const base::TemporaryFolder folder;
  models::AstroClipSettings pair;  // as published: both encoders with their heads, under the long names
  pair.embedding = 8;
  pair.image.image_size = pair.image_input.crop = 24;
  pair.image.patch = 12;
  pair.image.width = pair.image.hidden = pair.head_hidden = 16;
  pair.image.depth = 1;
  pair.image.heads = 2;
  pair.spectrum = small_specformer().encoder;
  pair.seed = 5;
  const models::AstroClip published(pair);
  published.save(folder / "pair");
  const auto objective = small_specformer().make(1);
  const auto start = objective->start_from(folder / "pair");
  EXPECT_TRUE(start.missing.empty());
  const auto flux = at::arange(512).view({2, 256}).to(at::kFloat).sin();
  const auto of = [&](const models::AstroClip& model) {
    const at::NoGradGuard no_grad;
    return model.spectrum_encoder()(model.spectrum_encoder().tokens(flux));
  };
  EXPECT_TRUE(at::equal(of(published), of(dynamic_cast<SpecFormerObjective&>(*objective).model())));
  auto other = small_specformer();
  other.encoder.heads = 4;
  try {
    other.make(1)->start_from(folder / "pair");
    FAIL() << "other heads read the same weights otherwise";
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("set model.heads = 2"));
  }
}

TEST(SpecFormerObjective, FirstLossesAreTheGoldenOnes) {
  expect_golden("specformer", *small_specformer().make(1), 1e-3);
  auto published = small_specformer();
  published.mask.as_published = true;
  published.input.masked = "as_is";
  expect_golden("specformer_as_published", *published.make(1), 1e-3);
  published.mask.error_floor = 0.1;
  EXPECT_THROW(published.make(1), base::UserError);
}

TEST(SpecFormerObjective, ResumeGivesTheSameBits) {
  auto settings = small_specformer();
  settings.encoder.dropout = 0.1;
  settings.encoder.causal = true;
  expect_resume_gives_the_same_bits([&] { return settings.make(1); }, eight_objects(), by_heart(8, 1e-3));
}

}  // namespace
}  // namespace asterism::train
