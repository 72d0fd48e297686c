// The recipes of AION-1's and SpecFormer's sizes, built without a value in any weight: parameters as published.
#include <gtest/gtest.h>

#include "models/any_to_any_network.h"
#include "models/astroclip.h"
#include "tests/models/tiny_sky.h"
#include "tests/where.h"
#include "train/any_to_any_objective.h"
#include "train/recipe.h"
#include "train/specformer_objective.h"

namespace asterism::train {
namespace {

struct Published {
  const char* recipe;
  double encoder, decoder;  // millions, blocks alone: reference of AION-1, section 4
};

TEST(PublishedSizes, BlocksHaveThePublishedParameters) {
  for (const auto& [name, encoder, decoder] :
       {Published{"any_to_any_base", 85.0, 113.3}, Published{"any_to_any_large", 302, 402.7},
        Published{"any_to_any_xlarge", 1208, 1611}}) {
    const auto recipe =
        read_recipe(std::filesystem::path(tests::kSourceFolder) / "recipes" / (std::string(name) + ".toml"));
    auto settings = dynamic_cast<const AnyToAnyObjectiveSettings&>(*recipe.settings).model;
    for (auto& entry : settings.modalities) entry.second.codec.clear();
    const auto sky = models::tiny::sky(4);
    // memory of weights that nobody writes to is never there
    const models::AnyToAny::Network net(settings, models::tiny::codecs(sky), at::kFloat, true);
    double in_encoder = 0, in_decoder = 0;
    for (const auto& [key, tensor] : net.parameters.parameters()) {
      if (key.starts_with("encoder.")) in_encoder += double(tensor.numel()) / 1e6;
      if (key.starts_with("decoder.")) in_decoder += double(tensor.numel()) / 1e6;
    }
    EXPECT_NEAR(in_encoder, encoder, 0.0006 * encoder) << name;
    EXPECT_NEAR(in_decoder, decoder, 0.0006 * decoder) << name;
    const auto& how = recipe.train;
    EXPECT_EQ(how.steps, 205000);
    EXPECT_EQ(how.optimiser.learning_rate, 2e-4);
    EXPECT_EQ(how.optimiser.beta2, 0.95);
    EXPECT_EQ(how.optimiser.warmup, 0.1);
    EXPECT_EQ(recipe.data.batch_size, 8192);
    for (const auto& [part, mixture] : settings.mixture) {
      EXPECT_EQ(mixture.input_high, 256) << part;
      EXPECT_EQ(mixture.target_high, 128) << part;
    }
  }
}

TEST(PublishedSizes, SpecFormerIsThePublishedOne) {
  const auto recipe = read_recipe(std::filesystem::path(tests::kSourceFolder) / "recipes" / "specformer.toml");
  const auto& of = dynamic_cast<const SpecFormerObjectiveSettings&>(*recipe.settings);
  models::AstroClipSettings settings;
  settings.encoders = {"spectrum"};
  settings.embedding = 0;
  settings.spectrum = of.encoder;
  EXPECT_EQ(models::AstroClip::blank(settings)->parameters().count(), 43177750);
  EXPECT_EQ(models::slices_of(of.input.pixels, of.encoder.slice, of.encoder.overlap), 777);
  EXPECT_EQ(of.mask.chunks * of.mask.chunk_tokens, 300);
  EXPECT_TRUE(of.mask.as_published);
  EXPECT_EQ(of.input.masked, "as_is");
  const auto& how = recipe.train.optimiser;
  EXPECT_EQ(how.learning_rate, 1e-5);
  EXPECT_EQ(how.weight_decay, 0.1);
  EXPECT_EQ(how.beta2, 0.95);
  EXPECT_EQ(how.clip_norm, 1);
  EXPECT_EQ(how.final_fraction, 0);
  EXPECT_EQ(how.warmup * double(recipe.train.steps), 2000);
  EXPECT_EQ(recipe.data.batch_size, 256) << "64 on each of four";
}

}  // namespace
}  // namespace asterism::train
