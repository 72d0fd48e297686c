// Every recipe of the house is parsed and run for two steps on a few objects, codecs before the models that use them;
// one is resumed for a third.
#include "train/run.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "data/mock.h"
#include "data/split.h"
#include "io/json.h"
#include "modalities/image.h"
#include "modalities/scalar.h"
#include "models/all.h"
#include "models/astroclip.h"
#include "models/model.h"
#include "nn/device.h"
#include "recipe_data.h"
#include "tests/where.h"
#include "tokenizers/tokenizer.h"
#include "train/adapted_objective.h"
#include "train/any_to_any_objective.h"
#include "train/contrastive_objective.h"
#include "train/metrics_log.h"
#include "train/recipe.h"
#include "train/tokenizer_objective.h"

namespace asterism::train {
namespace {
namespace fs = std::filesystem;

fs::path recipes() { return fs::path(asterism::tests::kSourceFolder) / "recipes"; }

std::vector<std::string> numbered_names(int64_t n) {
  std::vector<std::string> out;
  for (int64_t i = 0; i < n; ++i) out.push_back(std::to_string(i));
  return out;
}

class Recipes : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new base::TemporaryFolder;
    data::write_mock({.surveys = {"legacy", "sdss", "hsc", "euclid", "hst", "desi", "deimos"}, .objects = 60},
                     *folder_ / "mock");
    write_pictures(*folder_ / "pictures");
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  // A few objects that have what the recipe reads.
  static fs::path data_for(const std::string& name, Recipe& recipe) {
    auto reads = recipe.settings->modalities();
    for (const auto& entry : recipe.data.require) reads.push_back(entry.first);
    const auto is = [](const char* kind) {
      return [kind](const std::string& modality) { return modality.rfind(kind, 0) == 0; };
    };
    if (std::any_of(reads.begin(), reads.end(), is("rgb_image"))) return *folder_ / "pictures";
    if (const auto* codec = dynamic_cast<const TokenizerObjectiveSettings*>(recipe.settings.get());
        codec != nullptr && codec->kind.rfind("light_curve_", 0) == 0) {
      const fs::path out = *folder_ / (name + "_data");
      if (!fs::exists(out))
        write_curves(
            reads,
            codec->kind == "light_curve_points" ? codec->light_curve_points.bands : codec->light_curve_process.bands,
            out);
      return out;
    }
    if (no_mock_has(reads)) {
      const fs::path out = *folder_ / (name + "_data");
      if (!fs::exists(out))
        write_pairs(dynamic_cast<const ContrastiveObjectiveSettings&>(*recipe.settings).model.modalities, out);
      return out;
    }
    if (std::any_of(reads.begin(), reads.end(), is("cube_"))) {
      const fs::path out = *folder_ / "cubes";
      if (!fs::exists(out))
        data::write_mock({.surveys = {"manga"},
                          .objects = 8,
                          .population = {"star_weight=0", "quasar_weight=0", "r_spectroscopic=17", "r_faint=17",
                                         "spectroscopic_share=1"}},
                         out);
      return out;
    }
    if (std::any_of(reads.begin(), reads.end(), is("lightcurve_"))) {
      const fs::path out = *folder_ / "curves";  // of quasars: every one of them varies
      if (!fs::exists(out))
        data::write_mock({.surveys = {"legacy", "ztf"},
                          .objects = 60,
                          .population = {"galaxy_weight=0", "star_weight=0", "quasar_weight=1", "r_spectroscopic=18",
                                         "r_faint=18.5", "variable_quasar_share=1"}},
                         out);
      return out;
    }
    if (std::any_of(reads.begin(), reads.end(), is("image_")) ||
        std::any_of(reads.begin(), reads.end(), is("spectrum_")))
      return *folder_ / "mock";
    const fs::path out = *folder_ / (name + "_data");
    if (!fs::exists(out)) write_scalars(reads, out, numbered_names(120));
    return out;
  }
  // The folder in the place of each dataset that the recipe names.
  static std::string datasets_as_in(const Recipe& recipe, const fs::path& folder) {
    if (recipe.objective == "dino" && recipe.data.datasets.size() > 1)  // pictures, and fluxes that become some
      return fmt::format("data.datasets=['{0}/pictures', '{0}/mock']", folder_->path().string());
    const std::vector<std::string> folders(recipe.data.datasets.size(), '"' + folder.string() + '"');
    return fmt::format("data.datasets=[{}]", fmt::join(folders, ", "));
  }
  // Settings that make any recipe quick. Codecs that it names are trained first.
  static std::vector<std::string> quick(const std::string& name) {
    std::vector<std::string> out = {"train.steps=2", "train.validate_every=0", "train.validate_batches=1",
                                    "train.log_every=1", "data.batch_size=6"};
    auto recipe = read_recipe(recipes() / (name + ".toml"));
    if (recipe.data.mock.objects > 0) {
      out.insert(out.end(), {"data.mock.objects=200", "train.prepare_objects=100"});
    } else {
      out.insert(out.end(), {"train.prepare_objects=60", datasets_as_in(recipe, data_for(name, recipe))});
    }
    if (recipe.objective == "contrastive") out[4] = "data.batch_size=16";
    if (name.rfind("cube_", 0) == 0) out[4] = "data.batch_size=2";
    if (const auto* codec = dynamic_cast<const TokenizerObjectiveSettings*>(recipe.settings.get()))
      for (const auto& setting : quick_tokenizer(codec->kind)) out.push_back("tokenizer." + setting);
    if (recipe.objective == "tokenizer") return out;
    if (const auto* adapted = dynamic_cast<const AdaptedObjectiveSettings*>(recipe.settings.get()))
      return out.insert(out.end(), {"model.backbone='" + codec_at(adapted->model.backbone).string() + "'",
                                    "model.label_counts=[8]"}),
             out;
    if (recipe.objective == "template_redshift")
      return out.push_back("model.codec='" + codec_at("runs/quasar_templates/model").string() + "'"), out;
    out.insert(out.end(), {"model.width=16", "model.heads=2"});
    if (recipe.objective == "dino")
      out.insert(out.end(), {"model.layers=1", "model.prototypes=64", "model.head_hidden=16", "model.local_crops=2"});
    if (const auto* contrastive = dynamic_cast<const ContrastiveObjectiveSettings*>(recipe.settings.get()))
      add_backbones(*contrastive, name, out);
    if (!recipe.train.init.empty())
      out.push_back(fmt::format("train.init=\"{}\"", codec_at(recipe.train.init).string()));
    const auto* any = dynamic_cast<const AnyToAnyObjectiveSettings*>(recipe.settings.get());
    if (any != nullptr && any->model.encoder_layers > 8)  // of a size for many GPUs
      out.insert(out.end(), {"model.encoder_layers=1", "model.decoder_layers=1", "train.micro_batches=2"});
    if (any != nullptr)
      for (const auto& [modality, settings] : any->model.modalities)
        if (!settings.codec.empty())
          out.push_back(fmt::format("model.modalities.{}.codec=\"{}\"", modality, codec_at(settings.codec).string()));
    return out;
  }
  // Backbones of recipes of ours are pretrained first; in the place of published ones stand small ones.
  static void add_backbones(const ContrastiveObjectiveSettings& settings, const std::string& name,
                            std::vector<std::string>& out) {
    for (const auto& [tower, its] : settings.model.towers) {
      if (its.backbone.empty()) continue;
      const auto model = its.backbone.starts_with("runs/") ? codec_at(its.backbone) : small_astroclip();
      out.push_back(fmt::format("model.towers.{}.backbone=\"{}\"", tower, model.string()));
    }
    if (std::any_of(settings.model.towers.begin(), settings.model.towers.end(),
                    [](const auto& entry) { return !entry.second.backbone.empty(); }))
      out.push_back("model.projection=16");
    if (!settings.feature_cache.empty())
      out.push_back(fmt::format("model.feature_cache=\"{}\"", (*folder_ / (name + "_features")).string()));
  }
  static fs::path small_astroclip() {
    const fs::path folder = *folder_ / "small_astroclip";
    if (fs::exists(folder)) return folder;
    models::AstroClipSettings s;
    s.embedding = 16;
    s.image.image_size = s.image_input.crop = 48;
    s.image.patch = 12;
    s.image.width = s.image.hidden = s.spectrum.width = s.spectrum.hidden = 16;
    s.image.depth = s.spectrum.layers = 1;
    s.image.heads = s.spectrum.heads = 2;
    s.spectrum_input.pixels = 0;
    models::AstroClip(s).save(folder);
    return folder;
  }
  // "runs/x_codec/model" -> the model of that recipe, run here.
  static fs::path codec_at(const fs::path& codec) {
    const std::string name = codec.parent_path().filename().string();
    if (!fs::exists(*folder_ / name / "model")) run(name);
    return *folder_ / name / "model";
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
  EXPECT_EQ(models::model_folder(*folder_ / "scalars_redshift"), *folder_ / "scalars_redshift" / "model");
  EXPECT_EQ(models::model_folder(*folder_ / "scalars_redshift" / "model"), *folder_ / "scalars_redshift" / "model");
  const auto record = io::read_json(*folder_ / "scalars_redshift" / "run.json");
  EXPECT_EQ(record["result"]["steps"], 2);
  EXPECT_EQ(record["precision"], "fp32");
  EXPECT_EQ(record["device"], nn::describe(nn::choose_device("auto")));
  EXPECT_EQ(read_metrics(*folder_ / "scalars_redshift" / "metrics.jsonl").size(), 3u);  // two steps and a validation
  EXPECT_EQ(run("scalars_redshift", {"train.steps=3"}, true).steps, 3);
  EXPECT_THROW(run("scalars_redshift"), base::UserError);  // the folder holds a run
}

TEST_F(Recipes, ADatasetThatIsNotThereIsNamedWithTheCommandThatMakesIt) {
  const fs::path folder = *folder_ / "no_data";
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

TEST_F(Recipes, ADeviceThatIsNotThereIsRefusedBeforeAnythingIsMade) {
  auto settings = quick("scalars_redshift");
  const fs::path folder = *folder_ / "no_such_gpu";
  for (const char* device : {"cuda:98", "gpu"}) {
    settings.push_back(std::string("train.device=") + device);
    EXPECT_THROW(
        train_from_recipe({.recipe = recipes() / "scalars_redshift.toml", .overrides = settings, .folder = folder}),
        base::UserError);
    EXPECT_FALSE(fs::exists(folder));
    settings.pop_back();
  }
}

TEST_F(Recipes, ARunIsResumedByItsOwnRecipeAndKeepsItsProvenance) {
  auto settings = quick("scalars_redshift");
  const fs::path folder = *folder_ / "resumed";
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
  EXPECT_THROW(train_from_recipe({.folder = *folder_ / "nothing", .resume = true}), base::UserError);
  EXPECT_FALSE(fs::exists(*folder_ / "nothing"));
}

// What is in a run's folder, file by file, without its checkpoints, model and metrics.
std::map<std::string, std::string> said_by(const fs::path& folder) {
  return {{"run.json", base::read_text(folder / "run.json")}, {"recipe.toml", base::read_text(folder / "recipe.toml")}};
}

TEST_F(Recipes, ARefusedResumptionChangesNothing) {
  const fs::path folder = *folder_ / "whole";
  const auto settings = quick("scalars_redshift");
  train_from_recipe({.recipe = recipes() / "scalars_redshift.toml", .overrides = settings, .folder = folder});
  const auto before = said_by(folder);
  EXPECT_THROW(train_from_recipe({.overrides = {"model.width=32"}, .folder = folder, .resume = true}), base::UserError);
  EXPECT_THROW(
      train_from_recipe({.recipe = recipes() / "scalars_redshift.toml", .overrides = settings, .folder = folder}),
      base::UserError);
  EXPECT_EQ(said_by(folder), before);
}

TEST_F(Recipes, ResumingACompleteRunKeepsItsResult) {
  const fs::path folder = *folder_ / "complete";
  train_from_recipe(
      {.recipe = recipes() / "scalars_redshift.toml", .overrides = quick("scalars_redshift"), .folder = folder});
  const auto before = io::read_json(folder / "run.json");
  const auto again = train_from_recipe({.folder = folder, .resume = true});
  EXPECT_EQ(again.first_step, 2);
  EXPECT_EQ(again.loss, before["result"]["loss"].get<double>());
  const auto after = io::read_json(folder / "run.json");
  EXPECT_EQ(after["result"], before["result"]);
  EXPECT_GT(after["result"]["objects_per_s"].get<double>(), 0);
  EXPECT_EQ(after["ended"], before["ended"]);
}

// A start that failed after it had written its settings down, and a corrected recipe.
TEST_F(Recipes, WithoutACheckpointTheRecipeGivenNowIsTheRuns) {
  const fs::path folder = *folder_ / "failed";
  const auto recipe = recipes() / "scalars_redshift.toml";
  train_from_recipe({.recipe = recipe, .overrides = quick("scalars_redshift"), .folder = folder});
  fs::remove_all(folder / "checkpoints");
  auto corrected = quick("scalars_redshift");
  corrected.push_back("train.seed=5");
  const auto result = train_from_recipe({.recipe = recipe, .overrides = corrected, .folder = folder, .resume = true});
  EXPECT_FALSE(result.resumed);
  EXPECT_EQ(read_recipe(folder / "recipe.toml").train.seed, 5);
  const auto record = io::read_json(folder / "run.json");
  EXPECT_EQ(record["overrides"], corrected);
  EXPECT_FALSE(record.contains("resumed"));
}

TEST_F(Recipes, TwoTrainingsDoNotShareAFolder) {
  const fs::path folder = *folder_ / "shared";
  fs::create_directory(folder);
  const TrainRequest request{
      .recipe = recipes() / "scalars_redshift.toml", .overrides = quick("scalars_redshift"), .folder = folder};
  {
    const base::FolderLock other(folder);
    EXPECT_THROW(train_from_recipe(request), base::UserError);
    EXPECT_FALSE(fs::exists(folder / "run.json"));
  }
  EXPECT_EQ(train_from_recipe(request).steps, 2);
  EXPECT_FALSE(fs::exists(folder / ".lock"));
}

TEST_F(Recipes, EachRunsForTwoSteps) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(recipes())) {
    if (entry.path().extension() != ".toml") continue;
    const std::string name = entry.path().stem().string();
    SCOPED_TRACE(name);
    const fs::path model = *folder_ / name / "model";
    if (!fs::exists(model)) {
      EXPECT_EQ(run(name).steps, 2);
    }
    ++count;
    EXPECT_GE(io::read_json(*folder_ / name / "run.json")["result"]["steps"], 2);
    const std::string objective = read_recipe(entry.path()).objective;
    if (objective == "tokenizer") {
      EXPECT_GT(tokenizers::load_tokenizer(model)->num_tokens(), 0);
    } else {
      EXPECT_EQ(models::load_model(model)->kind(), objective);
    }
  }
  EXPECT_GE(count, 12);
}

// Ten objects, none of them on the validation side: trained all the same, unless the model is to be chosen by it.
TEST_F(Recipes, AnEmptyValidationSideIsNoHindrance) {
  std::vector<std::string> ids;
  for (int64_t i = 0; ids.size() < 10; ++i)
    if (data::Split("train").contains(data::split_number(std::to_string(i)))) ids.push_back(std::to_string(i));
  const auto recipe = read_recipe(recipes() / "zcosmos_photoz.toml");
  auto names = recipe.settings->modalities();
  names.push_back("redshift_ok");
  write_scalars(names, *folder_ / "ten", ids);
  const TrainRequest request{
      .recipe = recipes() / "zcosmos_photoz.toml",
      .overrides = {fmt::format("data.datasets=[\"{}\"]", (*folder_ / "ten").string()), "train.steps=2",
                    "data.batch_size=5", "model.width=16", "model.heads=2", "train.keep_best=false"},
      .folder = *folder_ / "ten_run"};
  const auto result = train_from_recipe(request);
  EXPECT_EQ(result.steps, 2);
  EXPECT_TRUE(result.validation.empty());
  auto best = request;
  best.overrides.back() = "train.keep_best=true";
  best.folder = *folder_ / "ten_best";
  EXPECT_THROW(train_from_recipe(best), base::UserError);
}

TEST_F(Recipes, ContrastiveIsCutIntoPieces) {
  auto overrides = quick("contrastive_tiny");
  double whole = 0;
  for (const char* pieces : {"train.micro_batches=1", "train.micro_batches=3"}) {
    overrides.push_back(pieces);
    const auto result = train_from_recipe({.recipe = recipes() / "contrastive_tiny.toml",
                                           .overrides = overrides,
                                           .folder = *folder_ / (std::string("pieces_") + pieces)});
    overrides.pop_back();
    EXPECT_EQ(result.steps, 2);
    if (whole > 0) {
      EXPECT_NEAR(result.loss, whole, 1e-4 * whole);
    }
    whole = result.loss;
  }
}

}  // namespace
}  // namespace asterism::train
