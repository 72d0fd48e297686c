// The recipes of AION-1's sizes, built without a value in any weight: parameters as published.
#include <gtest/gtest.h>

#include "models/any_to_any_network.h"
#include "tests/models/tiny_sky.h"
#include "tests/where.h"
#include "train/any_to_any_objective.h"
#include "train/recipe.h"

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

}  // namespace
}  // namespace asterism::train
