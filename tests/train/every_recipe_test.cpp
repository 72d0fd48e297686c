// Every recipe of the house is parsed and run for two steps on a few objects, codecs before the models that use them.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "data/mock.h"
#include "io/json.h"
#include "models/all.h"
#include "models/astroclip.h"
#include "models/model.h"
#include "recipe_data.h"
#include "tests/where.h"
#include "tokenizers/tokenizer.h"
#include "train/adapted_objective.h"
#include "train/any_to_any_objective.h"
#include "train/contrastive_objective.h"
#include "train/recipe.h"
#include "train/run.h"
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
    data::write_mock(
        {.surveys = {"legacy", "sdss", "hsc", "euclid", "hst", "desi", "deimos", "vipers", "slitless"}, .objects = 60},
        *folder_ / "mock");
    write_pictures(*folder_ / "pictures");
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  // Bands that a codec of light curves must be told of, as its data do not; empty: it reads what the mock sky has.
  static std::vector<std::string> bands_told(const Recipe& recipe) {
    const auto* codec = dynamic_cast<const TokenizerObjectiveSettings*>(recipe.settings.get());
    if (codec == nullptr || codec->kind.rfind("light_curve_", 0) != 0) return {};
    return nlohmann::json::parse(config::to_json(config::fields_of(*recipe.settings))).at("bands");
  }
  // A few objects that have what the recipe reads.
  static fs::path data_for(const std::string& name, Recipe& recipe) {
    auto reads = recipe.settings->modalities();
    for (const auto& entry : recipe.data.require) reads.push_back(entry.first);
    const auto is = [](const char* kind) {
      return [kind](const std::string& modality) { return modality.rfind(kind, 0) == 0; };
    };
    if (std::any_of(reads.begin(), reads.end(), is("rgb_image"))) return *folder_ / "pictures";
    if (const auto bands = bands_told(recipe); !bands.empty()) {
      const fs::path out = *folder_ / (name + "_data");
      if (!fs::exists(out)) write_curves(reads, bands, out);
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
    std::vector<std::string> folders;
    for (size_t i = 0; i < recipe.data.datasets.size(); ++i) {  // no dataset is named twice: copies
      const fs::path one = i == 0 ? folder : fs::path(fmt::format("{}_{}", folder.string(), i));
      if (!fs::exists(one)) fs::copy(folder, one, fs::copy_options::recursive);
      folders.push_back('"' + one.string() + '"');
    }
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
    if (recipe.objective == "specformer") out.insert(out.end(), {"model.layers=1", "model.hidden=16"});
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
  static RunResult run(const std::string& name) {
    return train_from_recipe(
        {.recipe = recipes() / (name + ".toml"), .overrides = quick(name), .folder = *folder_ / name});
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
      EXPECT_EQ(models::load_model(model)->kind(), objective == "specformer" ? "astroclip" : objective);
    }
  }
  EXPECT_GE(count, 12);
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
