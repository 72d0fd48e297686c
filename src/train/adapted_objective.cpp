#include "train/adapted_objective.h"

#include <algorithm>

namespace asterism::train {

nn::Outcome AdaptedObjective::step(const modalities::Batch& batch, const StepContext&) { return model_->loss(batch); }

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
