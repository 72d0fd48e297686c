#include "train/recipe_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "recipe_data.h"
#include "tests/where.h"

namespace asterism::train {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

fs::path recipe_file(const std::string& name) {
  return fs::path(asterism::tests::kSourceFolder) / "recipes" / (name + ".toml");
}

std::string refusal(const std::string& name, const std::vector<std::string>& overrides = {}) {
  try {
    check_inputs(read_recipe(recipe_file(name), overrides), recipe_file(name));
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

// As the recipe is told of it.
std::string some_dataset(const fs::path& folder) {
  write_scalars({"flux_g", "flux_r", "flux_i", "flux_z", "redshift"}, folder / "data", {"a", "b"});
  return "data.datasets=['" + (folder / "data").string() + "']";
}

TEST(RecipeInputs, OnlyACommandThatMakesDataIsSaidToMakeThem) {
  const auto makes = refusal("any_to_any_tiny", {"data.datasets=['nowhere/mock']"});
  EXPECT_THAT(makes, HasSubstr("there is no dataset 'nowhere/mock'"));
  EXPECT_THAT(makes, HasSubstr("says how it is made: asterism data mock legacy desi --objects 12000 data/mock"));
  const auto none = refusal("dino_large", {"data.datasets=['nowhere/images']"});
  EXPECT_THAT(none, Not(HasSubstr("how it is made")));
  EXPECT_THAT(none, HasSubstr("152 pixels"));
}

TEST(RecipeInputs, AFileIsSaidToBeOneAndNoDataset) {
  const base::TemporaryFolder folder;
  const auto file = (folder / "table.parquet").string();
  base::write_text(file, "PAR1");
  const auto told = refusal("any_to_any_tiny", {"data.datasets=['" + file + "']"});
  EXPECT_THAT(told, testing::AllOf(HasSubstr(file + " is a file"), HasSubstr("data import mmu " + file)));
  EXPECT_THAT(refusal("any_to_any_tiny", {"data.datasets=['hf://datasets/a/b/c']"}), HasSubstr("copy its folder here"));
}

TEST(RecipeInputs, AModelThatIsMissingIsNamedWithTheRecipeThatMakesIt) {
  const base::TemporaryFolder folder;
  const auto datasets = some_dataset(folder.path());
  EXPECT_THAT(refusal("any_to_any_tiny", {datasets, "model.modalities.image_legacy.codec='no/image_codec_tiny/model'"}),
              testing::AllOf(HasSubstr("'no/image_codec_tiny/model'"),
                             HasSubstr("recipes/image_codec_tiny.toml --out no/image_codec_tiny")));
  EXPECT_THAT(refusal("adapted_tiny", {datasets, "model.backbone='no/masked_spectrum_tiny/model'"}),
              HasSubstr("recipes/masked_spectrum_tiny.toml --out no/masked_spectrum_tiny"));
  EXPECT_THAT(refusal("add_modality", {"train.init='no/scalars_redshift/model'"}),
              HasSubstr("recipes/scalars_redshift.toml --out no/scalars_redshift"));
  EXPECT_EQ(refusal("adapted_tiny", {datasets, "model.backbone='no/unknown/model'"}), "") << "its reader says more";
}

TEST(RecipeInputs, AScalarThatNoDatasetHasIsNamedWithTheNearest) {
  const base::TemporaryFolder folder;
  const auto datasets = some_dataset(folder.path());
  EXPECT_THAT(refusal("scalars_redshift", {datasets, "model.modalities.flux_q.bins=8"}),
              testing::AllOf(HasSubstr("model.modalities.flux_q"), HasSubstr("'flux_g'")));
}

TEST(RecipeInputs, ModelsThatAreReadAreKnownByTheirFiles) {
  const base::TemporaryFolder folder;
  const auto codec = (folder / "codec").string(), empty = (folder / "image_legacy").string();
  fs::create_directory(codec);
  fs::create_directory(empty);
  base::write_text(folder / "codec" / "config.json", "{}");
  base::write_text(folder / "codec" / "model.safetensors", "weights");
  const auto hashes = [&] {
    return model_hashes(
        read_recipe(recipe_file("any_to_any_tiny"),
                    {"model.modalities.image_legacy.codec='" + codec + "'",
                     "model.modalities.spectrum_desi.codec='" + empty + "'", "train.init='" + codec + "'"}));
  };
  const auto before = hashes();
  ASSERT_TRUE(before.contains(codec));
  EXPECT_FALSE(before.contains(empty)) << "no model";
  EXPECT_EQ(hashes(), before);
  base::write_text(folder / "codec" / "model.safetensors", "weighty");
  EXPECT_NE(hashes()[codec], before[codec]);
  EXPECT_TRUE(model_hashes(read_recipe(recipe_file("scalars_redshift"), {"train.init='" + codec + "'"})).empty());
}

// Whoever starts a recipe of the house learns where its data come from: a command of its own makes them, or the figure
// does that it belongs to, or its about table says what they are to be.
TEST(RecipeInputs, EveryRecipeSaysWhereItsDataComeFrom) {
  for (const auto& entry : fs::directory_iterator(recipe_file("x").parent_path())) {
    if (entry.path().extension() != ".toml") continue;
    const auto recipe = read_recipe(entry.path());
    const auto& command = recipe.about.command;
    if (command.find("python3 bench/figures.py ") != std::string::npos) continue;
    for (const auto& dataset : recipe.data.datasets) {
      const bool made = command.find("asterism data ") < command.find(dataset);
      EXPECT_TRUE(made || command.find(dataset + " is to be a dataset") != std::string::npos)
          << entry.path() << ": " << dataset;
    }
  }
}

}  // namespace
}  // namespace asterism::train
