#include "train/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/where.h"

namespace asterism::train {
namespace {

using testing::HasSubstr;

constexpr const char* kAbout =
    "[about]\nquestion = 'q'\ncommand = 'c'\ncost = 'c'\nexpected = 'e'\npaper = 'p'\nlast_run = 'never'\n";

class RecipeFile : public testing::Test {
 protected:
  Recipe read(const std::string& text, const std::vector<std::string>& overrides = {}) {
    base::write_text(folder_ / "r.toml", kAbout + text);
    return read_recipe(folder_ / "r.toml", overrides);
  }
  std::string refusal(const std::string& text, const std::vector<std::string>& overrides = {}) {
    try {
      read(text, overrides);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  }
  base::TemporaryFolder folder_;
};

constexpr const char* kGood =
    "[data]\ndatasets = ['d']\n[objective]\nkind = 'any_to_any'\n[model.modalities.redshift]\nbins = 8\n";

TEST_F(RecipeFile, ReadsWhatItSays) {
  auto recipe = read(kGood, {"train.steps=3"});
  EXPECT_EQ(recipe.objective, "any_to_any");
  EXPECT_EQ(recipe.train.steps, 3);
  EXPECT_EQ(recipe.settings->modalities(), std::vector<std::string>{"redshift"});
}

TEST_F(RecipeFile, WhatIsWrittenDownReadsBackTheSame) {
  auto recipe = read(kGood, {"train.learning_rate=0.0123456789"});
  const auto text = recipe.resolved();
  base::write_text(folder_ / "resolved.toml", text);
  EXPECT_EQ(read_recipe(folder_ / "resolved.toml").resolved(), text);
}

TEST_F(RecipeFile, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(refusal(std::string(kGood) + "[train]\nstepz = 3\n"), HasSubstr("'train.steps'"));
  EXPECT_THAT(refusal("[data]\ndatasets = ['d']\n[objective]\nkind = 'any2any'\n"), HasSubstr("'any_to_any'"));
  EXPECT_THAT(refusal("[data]\ndatasets = ['d']\n"), HasSubstr("objective.kind"));
  EXPECT_THAT(refusal(std::string(kGood) + "[tokenizer]\nkind = 'scalar_bins'\n"), HasSubstr("tokenizer"));
}

TEST_F(RecipeFile, WantsOneKindOfData) {
  EXPECT_THAT(refusal("[objective]\nkind = 'any_to_any'\n"), HasSubstr("data.datasets"));
  EXPECT_THAT(refusal(kGood, {"data.mock.objects=10"}), HasSubstr("only one"));
  EXPECT_THAT(refusal(kGood, {"data.mock.fresh=false"}), HasSubstr("no effect"));
  EXPECT_THAT(refusal(kGood, {"data.split=all", "train.keep_best=true"}), HasSubstr("keep_best"));
  EXPECT_THAT(refusal(kGood, {"data.validation=none", "train.keep_best=true"}), HasSubstr("keep_best"));
  const std::string mock =
      "[data]\nmock.objects = 100\n[objective]\nkind = 'any_to_any'\n[model.modalities.redshift]\nbins = 8\n";
  EXPECT_EQ(refusal(mock), "");
  EXPECT_THAT(refusal(mock, {"data.repeats=[7, 9]"}), HasSubstr("data.repeats"));
  EXPECT_THAT(refusal(mock, {"data.limit=10"}), HasSubstr("data.mock.objects"));
  EXPECT_EQ(read(mock, {"data.datasets=['d']"}).data.mock.objects, 0) << "the command line replaces the mock sky";
  EXPECT_THAT(refusal(mock, {"data.datasets=['d']", "data.mock.objects=10"}), HasSubstr("only one"));
  EXPECT_THAT(refusal(mock, {"data.datasets=[]"}), HasSubstr("set one of"));
}

TEST_F(RecipeFile, ATokenizerShowsTheSettingsOfItsKind) {
  const std::string text =
      "[data]\ndatasets = ['d']\n[objective]\nkind = 'tokenizer'\n[tokenizer]\nkind = 'scalar_bins'\nmodality = "
      "'redshift'\n";
  EXPECT_EQ(refusal(text + "bins = 17\n"), "");
  EXPECT_THAT(refusal(text + "patch = 17\n"), HasSubstr("patch"));
  EXPECT_THAT(refusal(text, {"tokenizer.kind=scalar_bin"}), HasSubstr("scalar_bins"));
}

TEST_F(RecipeFile, AboutIsRequired) {
  base::write_text(folder_ / "bare.toml", kGood);
  EXPECT_THROW(read_recipe(folder_ / "bare.toml"), base::UserError);
}

TEST(RecipeHelp, NamesEveryTable) {
  const auto help = recipe_help();
  for (const auto* word :
       {"question", "batch_size", "learning_rate", "encoder_layers", "temperature", "norm_bins", "softening"})
    EXPECT_THAT(help, HasSubstr(word));
}

TEST(Recipe, HardNegativesAreForLossesBetweenObjects) {
  const auto refusal = [](const std::string& name, const std::vector<std::string>& overrides) -> std::string {
    try {
      read_recipe(std::filesystem::path(asterism::tests::kSourceFolder) / "recipes" / (name + ".toml"), overrides);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  };
  EXPECT_THAT(refusal("masked_image_tiny", {"data.hard_negatives=redshift"}), HasSubstr("masked_image"));
  EXPECT_THAT(refusal("contrastive_tiny", {"data.hard_negative_pool=4"}), HasSubstr("no effect"));
  EXPECT_THAT(refusal("aligned_tiny", {"data.image_symmetries=true"}), HasSubstr("feature_cache"));
  EXPECT_EQ(refusal("contrastive_tiny", {"data.hard_negatives=redshift", "data.hard_negative_pool=4"}), "");
}

}  // namespace
}  // namespace asterism::train
