// Every recipe of the house is parsed and run for two steps, on a small sky; then resumed for a third.
#include "train/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "data/mock.h"
#include "io/json.h"
#include "modalities/scalar.h"
#include "models/model.h"
#include "tests/where.h"
#include "tokenizers/tokenizer.h"
#include "train/metrics_log.h"
#include "train/recipe.h"

namespace asterism::train {
namespace {

namespace fs = std::filesystem;

fs::path recipes() { return fs::path(asterism::tests::kSourceFolder) / "recipes"; }

// A dataset of scalars that have the names a recipe asks for.
void write_scalars(const std::vector<std::string>& names, const fs::path& out) {
  modalities::Batch batch;
  constexpr int64_t kObjects = 120;
  for (int64_t i = 0; i < kObjects; ++i)
    batch.objects.push_back({.survey = "test",
                             .id = std::to_string(i),
                             .has_position = true,
                             .ra_deg = double(i),
                             .dec_deg = 0.1 * double(i)});
  for (const auto& name : names) {
    auto block =
        modalities::make_scalars(kObjects, name.rfind("flux", 0) == 0 ? "nanomaggy" : "", name.rfind("flux", 0) == 0);
    for (size_t i = 0; i < size_t(kObjects); ++i) {
      block.present[i] = 1;
      block.value[i] = name == "redshift_ok" ? 1 : double((i * 37) % 101) * 0.01 + 0.01;
      if (block.has_error) block.error[i] = 0.02;
    }
    batch.blocks[name] = block;
  }
  data::HatsWriter writer(out, {.name = "scalars"});
  writer.add(batch);
  writer.finish();
}

class Recipes : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new base::TemporaryFolder;
    data::write_mock({.surveys = {"legacy", "desi"}, .objects = 60}, *folder_ / "mock");
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  // Settings that make any recipe quick.
  static std::vector<std::string> quick(const std::string& name) {
    std::vector<std::string> out = {"train.steps=2", "train.validate_every=0", "train.validate_batches=1",
                                    "train.log_every=1", "data.batch_size=6"};
    const auto recipe = read_recipe(recipes() / (name + ".toml"));
    if (recipe.data.mock.objects > 0) {
      out.push_back("data.mock.objects=200");
      out.push_back("train.prepare_objects=100");
    } else {
      out.push_back("train.prepare_objects=12");
      const bool on_mock = recipe.data.datasets == std::vector<std::string>{"data/mock"};
      out.push_back(fmt::format("data.datasets=[\"{}\"]", (*folder_ / (on_mock ? "mock" : name + "_data")).string()));
    }
    if (recipe.objective != "tokenizer") {
      out.push_back("model.width=16");
      out.push_back("model.heads=2");
    }
    return out;
  }
  static RunResult run(const std::string& name, std::vector<std::string> more = {}, bool resume = false) {
    auto overrides = quick(name);
    for (auto& one : more) {
      const auto same = [&](const std::string& other) {
        return other.substr(0, other.find('=')) == one.substr(0, one.find('='));
      };
      std::erase_if(overrides, same);
      overrides.push_back(one);
    }
    return train_from_recipe({.recipe = recipes() / (name + ".toml"),
                              .overrides = overrides,
                              .folder = *folder_ / name,
                              .resume = resume,
                              .accept_changes = resume});
  }
  static base::TemporaryFolder* folder_;
};
base::TemporaryFolder* Recipes::folder_ = nullptr;

TEST_F(Recipes, AllParse) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(recipes())) {
    if (entry.path().extension() != ".toml") continue;
    EXPECT_NO_THROW(read_recipe(entry.path()));
    ++count;
  }
  EXPECT_GE(count, 6);
}

TEST_F(Recipes, ScalarsRedshift) {
  const auto result = run("scalars_redshift");
  EXPECT_EQ(result.steps, 2);
  EXPECT_TRUE(std::isfinite(result.validation.at("loss")));
  EXPECT_EQ(models::load_model(*folder_ / "scalars_redshift" / "model")->kind(), "any_to_any");
  const auto record = io::read_json(*folder_ / "scalars_redshift" / "run.json");
  EXPECT_EQ(record["result"]["steps"], 2);
  EXPECT_EQ(record["precision"], "fp32");
  EXPECT_EQ(read_metrics(*folder_ / "scalars_redshift" / "metrics.jsonl").size(), 3u);  // two steps and a validation
  EXPECT_EQ(run("scalars_redshift", {"train.steps=3"}, true).steps, 3);
  EXPECT_THROW(run("scalars_redshift"), base::UserError);  // the folder holds a run
}

TEST_F(Recipes, ZcosmosPhotoz) {
  const auto recipe = read_recipe(recipes() / "zcosmos_photoz.toml");
  auto names = recipe.settings->modalities();
  names.push_back("redshift_ok");
  write_scalars(names, *folder_ / "zcosmos_photoz_data");
  EXPECT_EQ(run("zcosmos_photoz").steps, 2);
}

TEST_F(Recipes, CodecsThenTheModelThatUsesThem) {
  EXPECT_EQ(run("spectrum_codec_tiny").steps, 2);
  EXPECT_EQ(run("image_codec_tiny").steps, 2);
  EXPECT_EQ(tokenizers::load_tokenizer(*folder_ / "image_codec_tiny" / "model")->kind(), "image_conv");
  auto codec = [&](const std::string& modality, const std::string& name) {
    return fmt::format("model.modalities.{}.codec=\"{}\"", modality, (*folder_ / name / "model").string());
  };
  EXPECT_EQ(
      run("any_to_any_tiny", {codec("image_legacy", "image_codec_tiny"), codec("spectrum_desi", "spectrum_codec_tiny")})
          .steps,
      2);
}

TEST_F(Recipes, ContrastiveTiny) { EXPECT_EQ(run("contrastive_tiny", {"data.batch_size=16"}).steps, 2); }

TEST_F(Recipes, ContrastiveCannotBeCutIntoPieces) {
  try {
    train_from_recipe({.recipe = recipes() / "contrastive_tiny.toml",
                       .overrides = {fmt::format("data.datasets=[\"{}\"]", (*folder_ / "mock").string()),
                                     "train.micro_batches=2", "data.batch_size=6"},
                       .folder = *folder_ / "pieces"});
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("micro_batches"));
  }
}

}  // namespace
}  // namespace asterism::train
