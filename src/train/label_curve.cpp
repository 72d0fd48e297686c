#include "train/label_curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/quantile.h"
#include "base/signals.h"
#include "config/settings.h"
#include "io/json.h"
#include "models/wrap.h"
#include "train/adapted_objective.h"
#include "train/filtered_source.h"
#include "train/source.h"

namespace asterism::train {
namespace {

namespace fs = std::filesystem;

// How far answers are from the labels of the validation side.
std::pair<std::string, double> error_of(const models::Adapted& model, data::BatchSource& validation, int64_t batches) {
  const auto& target = model.settings().target;
  const bool classes = model.settings().task == "classification";
  std::vector<double> off;
  validation.seek({0, 0});
  for (int64_t b = 0; b < std::min(batches, validation.batches_per_epoch()); ++b) {
    const auto batch = validation.next();
    if (!batch || batch->size() == 0) continue;
    const auto& labels = std::get<modalities::ScalarBlock>(batch->blocks.at(target));
    models::PredictRequest request;
    request.targets = {target};
    const auto answer = model.predict(*batch, request);
    const auto& posterior = answer.scalars.at(target);
    const auto value = classes ? posterior.probability_NK().argmax(1).to(at::kDouble) : posterior.median_N();
    for (int64_t i = 0; i < batch->size(); ++i)
      if (labels.present[size_t(i)] && answer.present_N[i].item<bool>())
        off.push_back(std::abs(value[i].item<double>() - labels.value[size_t(i)]));
  }
  if (off.empty()) base::user_error("no object of the validation side has '{}'", target);
  if (!classes) return {"median_absolute_error", base::middle(off)};
  return {"accuracy", double(std::count(off.begin(), off.end(), 0.0)) / double(off.size())};
}

AdaptedObjectiveSettings settings_of(const AdaptedObjectiveSettings& given, bool scratch) {
  auto out = given;
  out.model.label_counts.clear();
  if (!scratch) return out;
  const models::AdaptedSettings defaults;
  out.model.adapt = "full";
  out.model.rank = defaults.rank;
  out.model.rank_scale = defaults.rank_scale;
  out.model.merge = defaults.merge;
  out.model.heads = defaults.heads;
  out.model.hidden = defaults.hidden;
  return out;
}

std::unique_ptr<data::BatchSource> validation_of(const Recipe& recipe, const std::vector<std::string>& wanted) {
  auto out = make_source(recipe.data, wanted, recipe.data.validation, false, uint64_t(recipe.train.seed));
  if (out->num_objects() == 0) base::user_error("model.label_counts: no object is on the validation side");
  return out;
}

// A point cannot be judged where no object that validation looks at has a label.
void check_validation_labels(const Recipe& recipe, const std::string& target) {
  const auto source = validation_of(recipe, {target});
  const int64_t batches = std::min(recipe.train.validate_batches, source->batches_per_epoch());
  int64_t objects = 0;
  for (int64_t b = 0; b < batches; ++b) {
    const auto batch = source->next();
    if (!batch || batch->size() == 0) continue;
    const auto& present = std::get<modalities::ScalarBlock>(batch->blocks.at(target)).present;
    if (std::any_of(present.begin(), present.end(), [](uint8_t there) { return there != 0; })) return;
    objects += batch->size();
  }
  base::user_error(
      "model.label_counts: none of the {} objects that the validation looks at has '{}'; raise train.validate_batches, "
      "or give labels to the validation side",
      objects, target);
}

// Adapted, or the same network with weights that know nothing.
std::unique_ptr<Objective> objective_of(const AdaptedObjectiveSettings& settings, bool scratch, uint64_t seed) {
  auto out = settings.make(seed);
  if (scratch) dynamic_cast<AdaptedObjective&>(*out).model().backbone().forget(seed + 1);
  return out;
}

LabelPoint train_one(const Recipe& recipe, const AdaptedObjectiveSettings& settings,
                     const std::vector<std::string>& wanted, const RunOptions& options, LabelPoint point) {
  const auto seed = uint64_t(recipe.train.seed);
  auto data = recipe.data;
  data.limit_seed = seed;
  data.limit = objects_with(point.labels, data, settings.model.target);
  data.batch_size = std::min(data.batch_size, data.limit);
  const auto source = make_source(data, wanted, data.split, true, seed);
  const auto validation = validation_of(recipe, wanted);
  auto adapted = settings_of(settings, point.scratch);
  const auto objective = objective_of(adapted, point.scratch, seed);
  const auto run = options.folder / "curve" / fmt::format("{}_{}", point.scratch ? "scratch" : "adapted", point.labels);
  auto its = options;
  its.folder = run;
  its.identity += config::to_json(config::fields_of(adapted)) + config::to_json(config::fields_of(data));
  its.resume = true;
  auto how = recipe.train;
  if (point.scratch) how.init.clear(), how.new_first = 0;  // which would bring what others learned
  const auto result = train(*objective, *source, validation.get(), how, its);
  if (result.interrupted) return point;
  if (result.validation.empty())
    base::user_error("model.label_counts: no object that the validation looks at has '{}' and what the backbone reads",
                     settings.model.target);
  point.validation["loss"] = recipe.train.keep_best ? result.best_validation : result.validation.at("loss");
  point.validation.insert(error_of(*models::Adapted::load(run / "model"), *validation, recipe.train.validate_batches));
  return point;
}

}  // namespace

int64_t objects_with(int64_t labels, DataSettings data, const std::string& target) {
  const auto require = std::exchange(data.require, {});
  data.image_symmetries = false;
  data.hard_negatives.clear();
  std::vector<std::string> read = {target};
  for (const auto& entry : require)
    if (entry.first != target) read.push_back(entry.first);
  const auto labelled = [&](int64_t drawn) {
    data.limit = data.batch_size = drawn;
    const auto batch = make_source(data, read, data.split, true, 0)->next();
    auto good = qualified(*batch, require);
    const auto& present = std::get<modalities::ScalarBlock>(batch->blocks.at(target)).present;
    for (size_t i = 0; i < good.size(); ++i) good[i] = good[i] != 0 && present[i] != 0;
    return std::count(good.begin(), good.end(), 1);
  };
  data.batch_size = 1;
  int64_t low = 0, high = make_source(data, read, data.split, true, 0)->num_objects();  // low is too few, high is not
  if (const int64_t all = labelled(high); all < labels)
    base::user_error("model.label_counts asks for {} labels, and {} objects of the training side have one", labels,
                     all);
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (labelled(middle) < labels ? low : high) = middle;
  }
  return high;
}

void check_label_curve(const Recipe& recipe, const std::vector<std::string>& wanted) {
  const auto& settings = dynamic_cast<const AdaptedObjectiveSettings&>(*recipe.settings);
  const auto& counts = settings.model.label_counts;
  validation_of(recipe, wanted);
  check_validation_labels(recipe, settings.model.target);
  auto data = recipe.data;
  data.limit_seed = uint64_t(recipe.train.seed);
  objects_with(*std::max_element(counts.begin(), counts.end()), data, settings.model.target);
  objective_of(settings_of(settings, true), true, uint64_t(recipe.train.seed));
}

LabelCurve label_curve(Recipe& recipe, const std::vector<std::string>& wanted, const RunOptions& options) {
  const auto& settings = dynamic_cast<const AdaptedObjectiveSettings&>(*recipe.settings);
  LabelCurve out;
  auto json = nlohmann::json::array();
  for (const int64_t labels : settings.model.label_counts)
    for (const bool scratch : {false, true}) {
      LabelPoint point{labels, scratch, {}};
      if (!base::stop_requested()) point = train_one(recipe, settings, wanted, options, point);
      out.interrupted = point.validation.empty();
      if (out.interrupted) return out;
      std::string text;
      for (const auto& [name, value] : point.validation) text += fmt::format(", {} {:.4g}", name, value);
      base::log_info("{} labels, {}{}", labels, scratch ? "from scratch" : "adapted", text);
      json.push_back(
          {{"labels", labels}, {"model", scratch ? "scratch" : "adapted"}, {"validation", point.validation}});
      io::write_json(options.folder / "curve.json", json);
      out.points.push_back(std::move(point));
    }
  return out;
}

}  // namespace asterism::train
