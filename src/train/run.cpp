#include "train/run.h"

#include <ATen/Parallel.h>

#include "base/atomic_file.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "io/json.h"
#include "train/recipe.h"
#include "train/source.h"

namespace asterism::train {
namespace {

nlohmann::json record_of(const TrainRequest& request, const Recipe& recipe, const nlohmann::json& data_hashes,
                         int64_t parameters) {
  return {{"version", ASTERISM_VERSION},    {"started", base::utc_now_iso()},   {"recipe", request.recipe.string()},
          {"overrides", request.overrides}, {"objective", recipe.objective},    {"seed", recipe.train.seed},
          {"parameters", parameters},       {"threads", at::get_num_threads()}, {"data", data_hashes}};
}

// What an earlier start of the same run wrote down stays: when it began, out of which recipe, and every resumption.
void keep_provenance(const TrainRequest& request, nlohmann::json& record) {
  const auto path = request.folder / "run.json";
  if (!request.resume || !std::filesystem::exists(path)) return;
  const auto before = io::read_json(path);
  if (!before.is_object()) return;
  auto resumed = before.value("resumed", nlohmann::json::array());
  if (resumed.is_array()) resumed.push_back(record["started"]);
  record["resumed"] = resumed;
  for (const char* key : {"started", "recipe", "overrides"})
    if (before.contains(key) && (request.recipe.empty() || std::string_view(key) == "started"))
      record[key] = before[key];
  for (const auto& text : request.recipe.empty() ? request.overrides : std::vector<std::string>())
    record["overrides"].push_back(text);
}

nlohmann::json json_of(const RunResult& result) {
  nlohmann::json out = {{"steps", result.steps},     {"interrupted", result.interrupted},
                        {"loss", result.loss},       {"skipped_batches", result.skipped_batches},
                        {"seconds", result.seconds}, {"objects_per_s", result.objects_per_s}};
  if (!result.validation.empty()) {
    out["validation"] = result.validation;
    out["best_validation"] = result.best_validation;
    out["best_step"] = result.best_step;
  }
  return out;
}

}  // namespace

RunResult train_from_recipe(const TrainRequest& request) {
  const auto own_recipe = request.folder / "recipe.toml";
  const bool fresh = !request.resume || !std::filesystem::exists(own_recipe);
  if (request.recipe.empty() && fresh)
    base::user_error("which recipe? Only a run that is resumed has one of its own, and {} is none.",
                     request.folder.string());
  auto recipe = read_recipe(request.recipe.empty() ? own_recipe : request.recipe, request.overrides);
  nlohmann::json data_hashes = nlohmann::json::object();
  for (const auto& folder : recipe.data.datasets) data_hashes[folder] = dataset_fingerprint(folder);
  auto objective = recipe.settings->make(uint64_t(recipe.train.seed));
  const auto wanted = recipe.data.modalities.empty() ? recipe.settings->modalities() : recipe.data.modalities;
  const auto seed = uint64_t(recipe.train.seed);
  auto source = make_source(recipe.data, wanted, recipe.data.split, true, seed);
  std::unique_ptr<data::BatchSource> validation;
  if (recipe.data.validation != "none" && recipe.data.split == "train")
    validation = make_source(recipe.data, wanted, recipe.data.validation, false, seed);
  if (validation && validation->num_objects() == 0) {
    if (recipe.train.keep_best)
      base::user_error("no object is on the validation side, so train.keep_best cannot choose by it: set it to false");
    base::log_warning("no object is on the validation side: the run is not validated");
    validation.reset();
  }
  std::error_code error;
  std::filesystem::create_directories(request.folder, error);
  if (error) base::user_error("{}: cannot be made: {}", request.folder.string(), error.message());
  auto record = record_of(request, recipe, data_hashes, objective->parameters().count());
  keep_provenance(request, record);
  if (!request.resume && std::filesystem::exists(request.folder / "checkpoints"))
    base::user_error("{} already holds a run; give another folder, or --resume to go on with it",
                     request.folder.string());
  if (fresh || request.accept_changes) base::write_text(own_recipe, recipe.resolved());
  RunOptions options;
  options.folder = request.folder;
  options.identity = recipe.identity() + data_hashes.dump();
  options.resume = request.resume;
  options.accept_changes = request.accept_changes;
  io::write_json(request.folder / "run.json", record);
  const auto result = train(*objective, *source, validation.get(), recipe.train, options);
  record["precision"] = result.precision;
  record["parameters"] = objective->parameters().count();  // some are made by what the data look like
  record["result"] = json_of(result);
  record["ended"] = base::utc_now_iso();
  io::write_json(request.folder / "run.json", record);
  return result;
}

}  // namespace asterism::train
