// AION-1's codecs of numbers (scalars, logarithms, grids, vectors) from a recipe through the one loop: their tables are
// a fit of the sample, their folders those of the published layout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "data/memory_source.h"
#include "io/json.h"
#include "modalities/scalar.h"
#include "modalities/vector.h"
#include "tokenizers/all.h"
#include "tokenizers/tokenizer_folder.h"
#include "tokenizers/weights_file.h"
#include "train/loop.h"
#include "train/metrics_log.h"
#include "train/recipe.h"
#include "train/tokenizer_objective.h"

namespace asterism::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;
namespace fs = std::filesystem;

constexpr int64_t kObjects = 400, kWidth = 5;

// Every seventh object lacks everything, every eleventh has a number that is not finite.
bool absent(int64_t i) { return i % 7 == 3; }
bool broken(int64_t i) { return i % 11 == 5; }

modalities::Batch sky(uint64_t seed = 1) {
  modalities::Batch batch;
  auto flux = modalities::make_scalars(kObjects, "nanomaggy", true);
  auto ebv = modalities::make_scalars(kObjects, "mag", true), redshift = modalities::make_scalars(kObjects, "", true);
  auto vectors = modalities::make_vectors(kObjects, kWidth), errors = vectors;
  for (int64_t i = 0; i < kObjects; ++i) {
    batch.objects.push_back({.survey = "test", .id = std::to_string(i)});
    if (absent(i)) continue;
    const auto at = size_t(i);
    base::Random random(seed, 0, uint64_t(i), "numbers");
    const auto fill = [&](modalities::ScalarBlock& block, double value, double error) {
      block.present[at] = 1;
      block.value[at] = broken(i) ? NAN : value + error * random.normal();
      block.error[at] = error;
    };
    fill(flux, std::exp(0.8 * random.normal()), 0.1);
    fill(ebv, 0.05 * std::exp(0.5 * random.normal()), 0.002);
    fill(redshift, random.uniform(0, 2), 0.01);
    vectors.present[at] = errors.present[at] = 1;
    for (int64_t k = 0; k < kWidth; ++k) {
      vectors.value[size_t(i * kWidth + k)] = float(100 * random.normal() * std::pow(0.1, double(k)));
      errors.value[size_t(i * kWidth + k)] = float(5 * std::pow(0.1, double(k)));
    }
    if (broken(i)) vectors.value[size_t(i * kWidth)] = INFINITY;
  }
  batch.blocks = {{"flux_g", flux},
                  {"ebv", ebv},
                  {"redshift", redshift},
                  {"bp_coefficients", vectors},
                  {"bp_coefficients_error", errors}};
  return batch;
}

struct Codec {
  std::string kind, modality, settings;  // of the recipe
  nlohmann::json config;                 // that the folder holds
  std::vector<std::string> tensors;
};

std::vector<Codec> codecs() {
  std::vector<std::string> of_vectors;
  for (int64_t k = 0; k < kWidth; ++k)
    for (const char* part : {"_index_to_val", "_reservoir"})
      of_vectors.push_back(fmt::format("_quantizer.quantizers.{}.{}", k, part));
  const std::vector<std::string> of_tables{"_quantizer._index_to_val", "_quantizer._reservoir"};
  return {
      {"aion_scalar",
       "ebv",
       "codebook_size = 64\nreservoir_size = 300\n",
       {{"modality", "EBV"}, {"codebook_size", 64}, {"reservoir_size", 300}, {"unit", "mag"}},
       of_tables},
      {"aion_log_scalar",
       "flux_g",
       "codebook_size = 64\nreservoir_size = 300\n",
       {{"modality", "FLUX_G"},
        {"codebook_size", 64},
        {"reservoir_size", 300},
        {"min_log_value", -3.0},
        {"unit", "nanomaggy"}},
       of_tables},
      {"aion_grid_scalar",
       "redshift",
       "codebook_size = 601\nlow = 0\nhigh = 6\n",
       {{"modality", "Z"}, {"codebook_size", 601}},
       {"_quantizer.buckets"}},
      {"aion_multi_scalar",
       "bp_coefficients",
       "codebook_size = 64\nreservoir_size = 300\nnum_quantizers = 5\nerrors = 'bp_coefficients_error'\n",
       {{"modality", "bp_coefficients"},
        {"codebook_size", 64},
        {"reservoir_size", 300},
        {"num_quantizers", 5},
        {"compression_fns", {"arcsinh", "arcsinh"}},
        {"decompression_fns", {"sinh", "sinh"}}},
       of_vectors},
  };
}

Recipe recipe_of(const fs::path& folder, const std::string& kind, const std::string& modality,
                 const std::string& settings) {
  base::write_text(folder / "recipe.toml",
                   fmt::format("[about]\nquestion = 'q'\ncommand = 'c'\ncost = 'c'\nexpected = 'e'\npaper = 'p'\n"
                               "last_run = 'never'\n[data]\ndatasets = ['d']\n[objective]\nkind = 'tokenizer'\n"
                               "[tokenizer]\nkind = '{}'\nmodality = '{}'\n{}[train]\nsteps = 2\nlog_every = 1\n"
                               "threads = 1\n",
                               kind, modality, settings));
  return read_recipe(folder / "recipe.toml");
}

RunResult train_on(Objective& objective, const Recipe& recipe, const fs::path& folder) {
  data::MemorySource source(sky(), {.batch_size = kObjects, .seed = 1});
  data::MemorySource validation(sky(2), {.batch_size = kObjects, .seed = 1, .shuffle = false});
  return train(objective, source, &validation, recipe.train, {.folder = folder});
}

class AionScalars : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(, AionScalars, testing::ValuesIn(codecs()), [](const auto& info) { return info.param.kind; });

TEST_P(AionScalars, TrainedByARecipeAndSavedAsPublished) {
  const auto& [kind, modality, settings, config, tensors] = GetParam();
  const base::TemporaryFolder folder;
  const auto recipe = recipe_of(folder.path(), kind, modality, settings);
  const auto objective = recipe.settings->make(1);
  EXPECT_EQ(train_on(*objective, recipe, folder / "run").steps, 2);

  const fs::path model = folder / "run" / "model";
  EXPECT_EQ(io::read_json(model / "config.json"), config);
  std::vector<std::string> names;
  for (const auto& entry : tokenizers::read_weights(model / "model.safetensors")) names.push_back(entry.first);
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(tensors));

  const auto& trained = dynamic_cast<const TokenizerObjective&>(*objective).tokenizer();
  const auto loaded = tokenizers::load_tokenizer(model);
  EXPECT_EQ(loaded->kind(), kind);
  loaded->save(folder / "again");
  for (const char* file : {"config.json", "model.safetensors"})
    EXPECT_EQ(base::read_text(folder / "again" / file), base::read_text(model / file)) << file;
  const auto other = sky(3);
  const auto tokens = trained.encode(other.blocks.at(modality)), again = loaded->encode(other.blocks.at(modality));
  EXPECT_TRUE(at::equal(tokens.ids, again.ids));
  EXPECT_GT(std::get<0>(at::_unique(tokens.ids)).numel(), 40);

  const auto back = loaded->decode(tokens, {});
  for (int64_t i = 0; i < kObjects; ++i) {
    const bool there = !absent(i) && !broken(i);
    EXPECT_EQ(again.present[i].item<bool>(), there) << i;
    EXPECT_EQ(modalities::present(back)[size_t(i)] != 0, there) << i;
  }
}

TEST_P(AionScalars, TheFitLeavesLessOfTheErrorOfCoding) {
  const auto& [kind, modality, settings, config, tensors] = GetParam();
  const base::TemporaryFolder folder;
  const auto recipe = recipe_of(folder.path(), kind, modality, settings);
  const auto fresh = recipe.settings->make(1), fitted = recipe.settings->make(1);
  const auto validated = train_on(*fitted, recipe, folder / "run").validation;
  const auto before = fresh->step(sky(2), {.training = false}).figures;
  EXPECT_LT(validated.at("quantisation_sigma"), 0.8 * before.at("quantisation_sigma").item<double>());
  EXPECT_LT(validated.at("out_of_range"), 0.05);
  EXPECT_GT(validated.at("perplexity"), before.at("perplexity").item<double>());
  EXPECT_THAT(read_metrics(folder / "run" / "metrics.jsonl").front().values,
              testing::AllOf(testing::Contains(testing::Key("quantisation_sigma")),
                             testing::Contains(testing::Key("codes_used"))));
}

// Objects that are absent, or whose numbers are not finite, are not in the table.
TEST_P(AionScalars, WhatIsMissingHasNoPartInTheFit) {
  const auto& [kind, modality, settings, config, tensors] = GetParam();
  const base::TemporaryFolder folder;
  const auto recipe = recipe_of(folder.path(), kind, modality, settings);
  const auto whole = recipe.settings->make(1), rest = recipe.settings->make(1);
  whole->prepare(sky());
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < kObjects; ++i)
    if (!absent(i) && !broken(i)) rows.push_back(i);
  rest->prepare(modalities::select(sky(), rows));
  const auto all = rest->parameters().all();
  for (const auto& [name, tensor] : whole->parameters().all()) EXPECT_TRUE(at::equal(tensor, all.at(name))) << name;
}

// Of the sample, whatever its order, and of every value once: the quantiles.
TEST(AionScalarRecipes, ATableIsTheQuantilesOfTheSample) {
  const base::TemporaryFolder folder;
  const auto recipe = recipe_of(folder.path(), "aion_scalar", "ebv", "codebook_size = 11\nreservoir_size = 101\n");
  auto batch = sky();
  auto& ebv = std::get<modalities::ScalarBlock>(batch.blocks.at("ebv"));
  for (int64_t i = 0; i < kObjects; ++i) {
    ebv.present[size_t(i)] = i < 201;
    ebv.value[size_t(i)] = i < 201 ? double((i * 77) % 201) : 0;
  }
  const auto objective = recipe.settings->make(1);
  objective->prepare(batch);
  const auto tensors = objective->parameters().all();
  EXPECT_TRUE(at::equal(tensors.at("_quantizer._reservoir"), at::linspace(0, 200, 101)));
  EXPECT_TRUE(at::allclose(tensors.at("_quantizer._index_to_val"), at::linspace(0, 200, 11)));
}

// A modality of another kind, one that is not there, and a grid's ends from the data.
TEST(AionScalarRecipes, WhatARecipeCannotMeanIsRefusedByName) {
  const base::TemporaryFolder folder;
  const auto refused = [&](const std::string& kind, const std::string& modality, const std::string& settings,
                           const std::string& word) {
    EXPECT_THAT([&] { recipe_of(folder.path(), kind, modality, settings).settings->make(1)->prepare(sky()); },
                ThrowsMessage<base::UserError>(HasSubstr(word)));
  };
  refused("aion_scalar", "flux_gg", "published_as = 'EBV'\n", "'flux_g'");
  refused("aion_scalar", "bp_coefficients", "published_as = 'EBV'\n",
          "reads blocks of kind 'scalar', this one is of kind 'vector'");
  refused("aion_multi_scalar", "flux_g", "published_as = 'bp_coefficients'\n", "reads vector blocks, not scalar");
  refused("aion_multi_scalar", "bp_coefficients", "", "55 numbers");
  refused("aion_log_scalar", "flux_g", "published_as = 'FLUX_J'\n", "'FLUX_J'");
  refused("aion_grid_scalar", "redshift", "low = 3\nhigh = 1\n", "low = 3");
  refused("aion_multi_scalar", "bp_coefficients", "errors = 'e'\nmore_modalities = ['rp_coefficients']\n",
          "more_modalities");
}

TEST(AionScalarRecipes, AGridReachesFromTheLeastToTheLargestWhereNoEndsAreSaid) {
  const base::TemporaryFolder folder;
  const auto objective =
      recipe_of(folder.path(), "aion_grid_scalar", "redshift", "codebook_size = 9\n").settings->make(1);
  objective->prepare(sky());
  const auto grid = objective->parameters().all().at("_quantizer.buckets");
  EXPECT_GT(grid[0].item<double>(), -0.1);
  EXPECT_LT(grid[0].item<double>(), 0.1);
  EXPECT_NEAR(grid[-1].item<double>(), 2, 0.1);
}

}  // namespace
}  // namespace asterism::train
