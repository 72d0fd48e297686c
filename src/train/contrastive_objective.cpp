#include "train/contrastive_objective.h"

namespace asterism::train {

nn::Outcome ContrastiveObjective::step(const modalities::Batch& batch, const StepContext& context) {
  return model_->loss(batch, {.seed = context.seed, .epoch = context.epoch, .training = context.training});
}

std::vector<std::string> ContrastiveObjectiveSettings::modalities() const {
  std::vector<std::string> out;
  for (const auto& entry : model.modalities) out.push_back(entry.first);
  return out;
}

std::unique_ptr<Objective> ContrastiveObjectiveSettings::make(uint64_t seed) const {
  auto settings = model;
  if (settings.seed == 0) settings.seed = int64_t(seed);
  return std::make_unique<ContrastiveObjective>(std::make_unique<models::Contrastive>(std::move(settings)));
}

}  // namespace asterism::train
