#include "train/recipe_inputs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/hats_read.h"
#include "io/place.h"
#include "models/all.h"
#include "train/any_to_any_objective.h"
#include "train/contrastive_objective.h"
#include "train/source.h"

namespace asterism::train {
namespace {

namespace fs = std::filesystem;

void check_dataset(const std::string& folder, const AboutSettings& about) {
  if (fs::is_directory(folder)) return;
  if (io::is_remote(folder))
    base::user_error("data.datasets: {} is not on this machine, and training reads from disk: copy its folder here",
                     folder);
  if (fs::exists(folder))
    base::user_error(
        "data.datasets: {} is a file, and training reads datasets: 'asterism data import mmu {} OUT' makes one of "
        "Parquet with the names of columns that datasets have, 'asterism data import table MAPPING {} OUT' of any "
        "table",
        folder, folder, folder);
  const bool makes = about.command.find("asterism data ") != std::string::npos;
  base::user_error(
      "data.datasets: there is no dataset '{}' here ({}). {}: {} -- or name another with --set "
      "\"data.datasets=['DATASET']\"",
      folder, fs::current_path().string(),
      makes ? "This recipe says how it is made" : "Make it, or have it made: this recipe is run by", about.command);
}

void check_model(const fs::path& model, const fs::path& file) {
  const auto run = model.parent_path();
  const auto recipe = file.parent_path() / (run.filename().string() + ".toml");
  if (model.filename() != "model" || run.filename().empty() || fs::exists(model)) return;
  if (!fs::exists(recipe) || recipe == file) return;
  base::user_error("there is no model '{}' here ({}). It comes of: asterism train {} --out {}", model.string(),
                   fs::current_path().string(), recipe.string(), run.string());
}

// A scalar that a model is to read must be in one of the datasets.
void check_scalars(const Recipe& recipe) {
  std::map<std::string, models::ModalitySettings> modalities;
  if (const auto* any = dynamic_cast<const AnyToAnyObjectiveSettings*>(recipe.settings.get()))
    modalities = any->model.modalities;
  if (const auto* towers = dynamic_cast<const ContrastiveObjectiveSettings*>(recipe.settings.get()))
    modalities = towers->model.modalities;
  if (recipe.data.datasets.empty() || modalities.empty()) return;
  std::vector<std::string> scalars;
  for (const auto& folder : recipe.data.datasets) {
    const auto reader = data::HatsReader::open(folder);
    for (const auto& column : reader.layout().modalities)
      if (column.kind == "scalar") scalars.push_back(column.modality);
  }
  for (const auto& [name, settings] : modalities)
    if (settings.kind == "scalar" && std::find(scalars.begin(), scalars.end(), name) == scalars.end())
      base::user_error("model.modalities.{}: no scalar of data.datasets; the nearest is '{}'", name,
                       base::nearest(name, scalars));
}

// Every text of the objective's own table, wherever it stands there.
std::vector<std::string> texts_of(const Recipe& recipe) {
  std::vector<std::string> out;
  const auto settings = nlohmann::json::parse(config::to_json(config::fields_of(*recipe.settings))).flatten();
  for (const auto& [key, value] : settings.items())
    if (value.is_string()) out.push_back(value.get<std::string>());
  return out;
}

}  // namespace

void check_inputs(const Recipe& recipe, const fs::path& file, bool begins) {
  for (const auto& folder : recipe.data.datasets) check_dataset(folder, recipe.about);
  check_scalars(recipe);
  if (begins) check_model(recipe.train.init, file);
  for (const auto& text : texts_of(recipe)) check_model(text, file);
}

nlohmann::json model_hashes(const Recipe& recipe) {
  auto out = nlohmann::json::object();
  for (const auto& text : texts_of(recipe)) {
    if (text.empty() || !fs::is_directory(text)) continue;
    const auto folder = models::model_folder(text);
    if (fs::exists(folder / "config.json") || fs::exists(folder / "model.safetensors"))
      out[text] = dataset_fingerprint(folder);
  }
  return out;
}

}  // namespace asterism::train
