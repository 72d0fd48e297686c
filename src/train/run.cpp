#include "train/run.h"

#include <ATen/Parallel.h>

#include "base/apart.h"
#include "base/atomic_file.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/log.h"
#include "io/json.h"
#include "nn/device.h"
#include "train/adapted_objective.h"
#include "train/label_curve.h"
#include "train/recipe.h"
#include "train/recipe_inputs.h"
#include "train/source.h"

namespace asterism::train {
namespace {

nlohmann::json record_of(const TrainRequest& request, const Recipe& recipe, const nlohmann::json& data_hashes,
                         int64_t parameters) {
  return {{"version", ASTERISM_VERSION},
          {"started", base::utc_now_iso()},
          {"recipe", request.recipe.string()},
          {"overrides", request.overrides},
          {"objective", recipe.objective},
          {"seed", recipe.train.seed},
          {"split", recipe.data.split},
          {"fold", recipe.data.fold},
          {"parameters", parameters},
          {"threads", at::get_num_threads()},
          {"data", data_hashes}};
}

// run.json as an earlier start left it; empty where there is none.
nlohmann::json earlier_record(const std::filesystem::path& path) {
  auto before = std::filesystem::exists(path) ? io::read_json(path) : nlohmann::json::object();
  return before.is_object() ? before : nlohmann::json::object();
}

// Models lie outside of the run: one that was exchanged since is named.
void check_same_models(const TrainRequest& request, const nlohmann::json& models) {
  if (!request.resume || request.accept_changes || !std::filesystem::exists(request.folder / "checkpoints")) return;
  const auto before = earlier_record(request.folder / "run.json").value("models", nlohmann::json::object());
  for (const auto& [model, hash] : models.items())
    if (before.contains(model) && before[model] != hash)
      base::user_error(
          "{}: the model '{}' is not the one any more that this run was trained with; put that one there, give another "
          "folder, or --accept-changes",
          request.folder.string(), model);
}

// What an earlier start of the same run wrote down stays: when it began, out of which recipe, and every resumption.
void keep_provenance(const TrainRequest& request, const nlohmann::json& before, nlohmann::json& record) {
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
                        {"threads", result.threads}, {"seconds", result.seconds}};
  if (result.steps > result.first_step) out["objects_per_s"] = result.objects_per_s;
  if (!result.validation.empty()) {
    out["validation"] = result.validation;
    out["best_validation"] = result.best_validation;
    out["best_step"] = result.best_step;
  }
  return out;
}

// The two files that say what a run is. They change when its training begins, not before: a start that is refused, or
// fails on its way, leaves those of an earlier one as they are.
class RunFiles {
 public:
  RunFiles(const TrainRequest& request, std::string resolved_recipe, nlohmann::json record)
      : request_(request), resolved_recipe_(std::move(resolved_recipe)), record_(std::move(record)) {}

  void begin(const RunResult& now, int64_t steps) {
    before_ = request_.resume ? earlier_record(path()) : nlohmann::json::object();
    if (request_.resume && !now.resumed)
      base::log_warning("{}: there is no checkpoint and so nothing to resume: the run begins anew",
                        request_.folder.string());
    // Settings without a checkpoint trained nothing: a recipe given now takes their place.
    if (!now.resumed || request_.accept_changes) base::write_text(request_.folder / "recipe.toml", resolved_recipe_);
    if (!before_.empty() && (now.resumed || request_.recipe.empty())) keep_provenance(request_, before_, record_);
    record_["precision"] = now.precision;
    record_["device"] = now.device;
    complete_ = now.first_step >= steps;
    for (const char* key : {"result", "ended"})
      if (complete_ && before_.contains(key)) record_[key] = before_[key];
    io::write_json(path(), record_);
  }

  void end(const RunResult& result, int64_t parameters) {
    record_["parameters"] = parameters;  // some are made by what the data look like
    auto now = json_of(result);
    const auto before = before_.value("result", nlohmann::json::object());
    for (const char* key : {"skipped_batches", "seconds", "objects_per_s"})  // of the process that trained
      if (complete_ && before.is_object() && before.contains(key)) now[key] = before[key];
    record_["result"] = now;
    if (!complete_ || !record_.contains("ended")) record_["ended"] = base::utc_now_iso();
    io::write_json(path(), record_);
  }

 private:
  std::filesystem::path path() const { return request_.folder / "run.json"; }
  const TrainRequest& request_;
  std::string resolved_recipe_;
  nlohmann::json record_, before_;
  bool complete_ = false;  // an earlier process did every step
};

// The validation side; none where the recipe wants none, or no object is on it.
std::unique_ptr<data::BatchSource> validation_source(const Recipe& recipe, const std::vector<std::string>& wanted) {
  if (recipe.data.validation == "none" || recipe.data.split != "train") return nullptr;
  auto out = make_source(recipe.data, wanted, recipe.data.validation, false, uint64_t(recipe.train.seed));
  if (out->num_objects() > 0) return out;
  if (recipe.train.keep_best)
    base::user_error("no object is on the validation side, so train.keep_best cannot choose by it: set it to false");
  base::log_warning("no object is on the validation side: the run is not validated");
  return nullptr;
}

bool wants_label_curve(const Recipe& recipe) {
  const auto* adapted = dynamic_cast<const AdaptedObjectiveSettings*>(recipe.settings.get());
  return adapted != nullptr && !adapted->model.label_counts.empty();
}

// A run's own files beside those of a dataset, a model or an index would be taken for a part of it.
void check_nothing_else(const std::filesystem::path& folder) {
  for (const char* file : {"collection.properties", "hats.properties", "config.json", "about.json"})
    if (std::filesystem::exists(folder / file))
      base::user_error("{} holds {}: it is no run; give another folder", folder.string(), file);
}

// The folder of a run: where nothing came to lie in it, one that was made here goes again.
class RunFolder {
 public:
  explicit RunFolder(const std::filesystem::path& folder) : folder_(folder) {
    std::error_code error;
    made_ = std::filesystem::create_directories(folder, error);
    if (error) base::user_error("{}: cannot be made: {}", folder.string(), error.message());
  }
  ~RunFolder() {
    std::error_code ignored;
    if (made_) std::filesystem::remove(folder_, ignored);  // not where it holds anything
  }
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

 private:
  std::filesystem::path folder_;
  bool made_ = false;
};

}  // namespace

RunResult train_from_recipe(const TrainRequest& request) {
  const auto own_recipe = request.folder / "recipe.toml";
  if (request.recipe.empty() && !(request.resume && std::filesystem::exists(own_recipe)))
    base::user_error("which recipe? Only a run that is resumed has one of its own, and {} is none.",
                     request.folder.string());
  check_nothing_else(request.folder);
  const auto file = request.recipe.empty() ? own_recipe : request.recipe;
  auto recipe = read_recipe(file, request.overrides);
  // one that is not there is refused before anything is made
  const auto device = nn::choose_device(recipe.train.device);
  check_inputs(recipe, file, !(request.resume && std::filesystem::exists(request.folder / "checkpoints")));
  nlohmann::json data_hashes = nlohmann::json::object();
  for (const auto& folder : recipe.data.datasets) {
    base::check_apart(folder, request.folder);
    data_hashes[folder] = dataset_fingerprint(folder);
  }
  const auto models = model_hashes(recipe);
  check_same_models(request, models);
  const auto inputs = data_hashes.dump() + (models.empty() ? "" : models.dump());
  auto objective = recipe.settings->make(uint64_t(recipe.train.seed));
  const auto wanted = recipe.data.modalities.empty() ? recipe.settings->modalities() : recipe.data.modalities;
  const auto source = make_source(recipe.data, wanted, recipe.data.split, true, uint64_t(recipe.train.seed));
  const auto validation = validation_source(recipe, wanted);
  const bool curve = wants_label_curve(recipe);
  if (curve) check_label_curve(recipe, wanted);
  const RunFolder folder(request.folder);
  const base::FolderLock lock(request.folder);
  if (!request.resume && std::filesystem::exists(request.folder / "checkpoints"))
    base::user_error("{} already holds a run; give another folder, or --resume to go on with it",
                     request.folder.string());
  auto record = record_of(request, recipe, data_hashes, objective->parameters().count());
  if (!models.empty()) record["models"] = models;
  RunFiles files(request, recipe.resolved(), std::move(record));
  RunOptions options;
  options.folder = request.folder;
  options.identity = recipe.identity() + inputs;
  options.resume = request.resume;
  options.accept_changes = request.accept_changes;
  options.device = device;
  options.on_begin = [&](const RunResult& now) { files.begin(now, recipe.train.steps); };
  auto result = train(*objective, *source, validation.get(), recipe.train, options);
  files.end(result, objective->parameters().count());
  if (curve && !result.interrupted) {
    result.interrupted =
        label_curve(
            recipe, wanted,
            {.folder = request.folder, .identity = inputs, .accept_changes = request.accept_changes, .device = device})
            .interrupted;
    if (result.interrupted) files.end(result, objective->parameters().count());
  }
  return result;
}

}  // namespace asterism::train
