#include "train/adapted_objective.h"

#include <algorithm>

#include "base/error.h"
#include "models/all.h"
#include "tokenizers/scalar_bins.h"
#include "train/calibration.h"

namespace asterism::train {

nn::Outcome AdaptedObjective::step(const modalities::Batch& batch, const StepContext&) { return model_->loss(batch); }

void AdaptedObjective::calibrate(std::span<const modalities::Batch> validation) {
  const auto found = model_->calibrate(validation, kFewestToCalibrate);
  if (found.objects >= kFewestToCalibrate) log_temperature(model_->settings().target, found.temperature, found.objects);
}

namespace {

bool same_weights(models::Model& a, models::Model& b) {
  const auto ours = a.parameters().all(), theirs = b.parameters().all();
  return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && at::equal(x.second.cpu(), y.second.cpu());
  });
}

const std::string& unit_of(const models::Adapted& model) {
  return dynamic_cast<const tokenizers::ScalarBins&>(model.codec(model.settings().target)).settings().unit;
}

}  // namespace

models::WarmStart AdaptedObjective::start_from(const std::filesystem::path& given) {
  const auto folder = models::model_folder(given);
  const auto loaded = models::load_model(folder);
  auto* theirs = dynamic_cast<models::Adapted*>(loaded.get());
  if (theirs == nullptr)
    base::user_error(
        "train.init: {} is of kind '{}', and a head begins from an adapted model alone; the model that is adapted is "
        "model.backbone",
        folder.string(), loaded->kind());
  const auto &mine = model_->settings(), &other = theirs->settings();
  if (mine.target != other.target || unit_of(*model_) != unit_of(*theirs))
    base::user_error("train.init: {} tells '{}' in '{}', and this model is to tell '{}' in '{}'", folder.string(),
                     other.target, unit_of(*theirs), mine.target, unit_of(*model_));
  auto values = theirs->parameters().all();
  if (mine.adapt == "full")
    for (const auto& [name, tensor] : theirs->adapted_backbone().parameters().all())
      values["backbone." + name] = tensor;
  else if (!same_weights(model_->backbone(), theirs->backbone()))
    base::user_error("train.init: the head of {} was learned on another network than {}: set model.backbone = \"{}\"",
                     folder.string(), mine.backbone, (folder / "backbone").string());
  return models::start_from(parameters(), values, {}, (folder / "model.safetensors").string());
}

std::vector<std::string> AdaptedObjectiveSettings::modalities() const {
  auto out = model.given;
  if (out.empty()) {
    models::check(model);
    out = models::load_model(model.backbone)->modalities();
  }
  if (std::find(out.begin(), out.end(), model.target) == out.end()) out.push_back(model.target);
  return out;
}

std::unique_ptr<Objective> AdaptedObjectiveSettings::make(uint64_t seed) const {
  auto settings = model;
  if (settings.seed == 0) settings.seed = int64_t(seed);
  return std::make_unique<AdaptedObjective>(std::make_unique<models::Adapted>(std::move(settings)));
}

}  // namespace asterism::train
