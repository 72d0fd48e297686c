// What a run leaves in its folder, and when it is refused.
#include "train/run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "data/split.h"
#include "io/json.h"
#include "models/all.h"
#include "models/model.h"
#include "nn/device.h"
#include "recipe_data.h"
#include "tests/where.h"
#include "train/metrics_log.h"
#include "train/recipe.h"

namespace asterism::train {
namespace {
namespace fs = std::filesystem;

fs::path recipes() { return fs::path(asterism::tests::kSourceFolder) / "recipes"; }

class Run : public testing::Test {
 protected:
  // Two steps of scalars_redshift, a recipe of the mock sky's numbers.
  static std::vector<std::string> quick() {
    return {"train.steps=2",     "train.validate_every=0", "train.validate_batches=1",  "train.log_every=1",
            "data.batch_size=6", "data.mock.objects=200",  "train.prepare_objects=100", "model.width=16",
            "model.heads=2"};
  }
  base::TemporaryFolder folder_;
};

TEST_F(Run, LeavesAModelItsRecordAndItsFigures) {
  const fs::path run = folder_ / "run";
  const TrainRequest request{.recipe = recipes() / "scalars_redshift.toml", .overrides = quick(), .folder = run};
  const auto result = train_from_recipe(request);
  EXPECT_EQ(result.steps, 2);
  EXPECT_TRUE(std::isfinite(result.validation.at("loss")));
  EXPECT_EQ(models::load_model(run / "model")->kind(), "any_to_any");
  EXPECT_EQ(models::model_folder(run), run / "model");
  EXPECT_EQ(models::model_folder(run / "model"), run / "model");
  const auto record = io::read_json(run / "run.json");
  EXPECT_EQ(record["result"]["steps"], 2);
  EXPECT_EQ(record["precision"], "fp32");
  EXPECT_EQ(record["split"], "train");
  EXPECT_EQ(record["device"], nn::describe(nn::choose_device("auto")));
  EXPECT_EQ(read_metrics(run / "metrics.jsonl").size(), 3u);  // two steps and a validation
  auto further = request;
  further.overrides[0] = "train.steps=3";
  further.resume = further.accept_changes = true;
  EXPECT_EQ(train_from_recipe(further).steps, 3);
  EXPECT_THROW(train_from_recipe(request), base::UserError);  // the folder holds a run
}

// A dataset that a run lies in would be read with the run's files.
TEST_F(Run, DoesNotLieInWhatItReads) {
  write_scalars({"flux_g", "redshift"}, folder_ / "sky", {"1", "2"});
  auto settings = quick();
  settings.push_back(fmt::format("data.datasets=['{}']", (folder_ / "sky").string()));
  for (const auto& run : {folder_ / "sky" / "run", folder_ / "sky"})
    EXPECT_THROW(
        train_from_recipe({.recipe = recipes() / "scalars_redshift.toml", .overrides = settings, .folder = run}),
        base::UserError);
  EXPECT_FALSE(fs::exists(folder_ / "sky" / "run"));
}

TEST_F(Run, ADatasetThatIsNotThereIsNamedWithTheCommandThatMakesIt) {
  const fs::path folder = folder_ / "no_data";
  try {
    train_from_recipe({.recipe = recipes() / "contrastive_small.toml",
                       .overrides = {"data.datasets=['nowhere/mock']"},
                       .folder = folder});
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("data.datasets: there is no dataset 'nowhere/mock'"));
    EXPECT_THAT(error.what(), testing::HasSubstr("asterism data mock legacy desi"));
  }
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(Run, ADeviceThatIsNotThereIsRefusedBeforeAnythingIsMade) {
  auto settings = quick();
  const fs::path folder = folder_ / "no_such_gpu";
  for (const char* device : {"cuda:98", "gpu"}) {
    settings.push_back(std::string("train.device=") + device);
    EXPECT_THROW(
        train_from_recipe({.recipe = recipes() / "scalars_redshift.toml", .overrides = settings, .folder = folder}),
        base::UserError);
    EXPECT_FALSE(fs::exists(folder));
    settings.pop_back();
  }
}

TEST_F(Run, ARunIsResumedByItsOwnRecipeAndKeepsItsProvenance) {
  auto settings = quick();
  const fs::path folder = folder_ / "resumed";
  train_from_recipe({.recipe = recipes() / "scalars_redshift.toml", .overrides = settings, .folder = folder});
  const auto before = io::read_json(folder / "run.json");
  const auto result = train_from_recipe(
      {.recipe = {}, .overrides = {"train.steps=4"}, .folder = folder, .resume = true, .accept_changes = true});
  EXPECT_EQ(result.steps, 4);
  const auto after = io::read_json(folder / "run.json");
  EXPECT_EQ(after["recipe"], before["recipe"]);
  EXPECT_EQ(after["started"], before["started"]);
  EXPECT_EQ(after["resumed"].size(), 1u);
  EXPECT_EQ(after["overrides"].size(), settings.size() + 1);
  EXPECT_THROW(train_from_recipe({.folder = folder_ / "nothing", .resume = true}), base::UserError);
  EXPECT_FALSE(fs::exists(folder_ / "nothing"));
}

// What is in a run's folder, file by file, without its checkpoints, model and metrics.
std::map<std::string, std::string> said_by(const fs::path& folder) {
  return {{"run.json", base::read_text(folder / "run.json")}, {"recipe.toml", base::read_text(folder / "recipe.toml")}};
}

TEST_F(Run, ARefusedResumptionChangesNothing) {
  const fs::path folder = folder_ / "whole";
  const auto settings = quick();
  train_from_recipe({.recipe = recipes() / "scalars_redshift.toml", .overrides = settings, .folder = folder});
  const auto before = said_by(folder);
  EXPECT_THROW(train_from_recipe({.overrides = {"model.width=32"}, .folder = folder, .resume = true}), base::UserError);
  EXPECT_THROW(
      train_from_recipe({.recipe = recipes() / "scalars_redshift.toml", .overrides = settings, .folder = folder}),
      base::UserError);
  EXPECT_EQ(said_by(folder), before);
}

TEST_F(Run, ResumingACompleteRunKeepsItsResult) {
  const fs::path folder = folder_ / "complete";
  train_from_recipe({.recipe = recipes() / "scalars_redshift.toml", .overrides = quick(), .folder = folder});
  const auto before = io::read_json(folder / "run.json");
  const auto lines = base::read_text(folder / "metrics.jsonl");
  const auto again = train_from_recipe({.folder = folder, .resume = true});
  EXPECT_EQ(again.first_step, 2);
  EXPECT_EQ(base::read_text(folder / "metrics.jsonl"), lines);
  EXPECT_EQ(again.loss, before["result"]["loss"].get<double>());
  const auto after = io::read_json(folder / "run.json");
  EXPECT_EQ(after["result"], before["result"]);
  EXPECT_GT(after["result"]["objects_per_s"].get<double>(), 0);
  EXPECT_EQ(after["ended"], before["ended"]);
}

// A start that failed after it had written its settings down, and a corrected recipe.
TEST_F(Run, WithoutACheckpointTheRecipeGivenNowIsTheRuns) {
  const fs::path folder = folder_ / "failed";
  const auto recipe = recipes() / "scalars_redshift.toml";
  train_from_recipe({.recipe = recipe, .overrides = quick(), .folder = folder});
  fs::remove_all(folder / "checkpoints");
  auto corrected = quick();
  corrected.push_back("train.seed=5");
  const auto result = train_from_recipe({.recipe = recipe, .overrides = corrected, .folder = folder, .resume = true});
  EXPECT_FALSE(result.resumed);
  EXPECT_EQ(read_recipe(folder / "recipe.toml").train.seed, 5);
  const auto record = io::read_json(folder / "run.json");
  EXPECT_EQ(record["overrides"], corrected);
  EXPECT_FALSE(record.contains("resumed"));
}

TEST_F(Run, TwoTrainingsDoNotShareAFolder) {
  const fs::path folder = folder_ / "shared";
  fs::create_directory(folder);
  const TrainRequest request{.recipe = recipes() / "scalars_redshift.toml", .overrides = quick(), .folder = folder};
  {
    const base::FolderLock other(folder);
    EXPECT_THROW(train_from_recipe(request), base::UserError);
    EXPECT_FALSE(fs::exists(folder / "run.json"));
  }
  EXPECT_EQ(train_from_recipe(request).steps, 2);
  EXPECT_FALSE(fs::exists(folder / ".lock"));
}

// Ten objects, none of them on the validation side: trained all the same, unless the model is to be chosen by it.
TEST_F(Run, AnEmptyValidationSideIsNoHindrance) {
  std::vector<std::string> ids;
  for (int64_t i = 0; ids.size() < 10; ++i)
    if (data::Split("train").contains(data::split_number(std::to_string(i)))) ids.push_back(std::to_string(i));
  const auto recipe = read_recipe(recipes() / "zcosmos_photoz.toml");
  auto names = recipe.settings->modalities();
  names.push_back("redshift_ok");
  write_scalars(names, folder_ / "ten", ids);
  const TrainRequest request{
      .recipe = recipes() / "zcosmos_photoz.toml",
      .overrides = {fmt::format("data.datasets=[\"{}\"]", (folder_ / "ten").string()), "train.steps=2",
                    "data.batch_size=5", "model.width=16", "model.heads=2", "train.keep_best=false"},
      .folder = folder_ / "ten_run"};
  const auto result = train_from_recipe(request);
  EXPECT_EQ(result.steps, 2);
  EXPECT_TRUE(result.validation.empty());
  auto best = request;
  best.overrides.back() = "train.keep_best=true";
  best.folder = folder_ / "ten_best";
  EXPECT_THROW(train_from_recipe(best), base::UserError);
}

}  // namespace
}  // namespace asterism::train
