#include "train/any_to_any_objective.h"

namespace asterism::train {

nn::Outcome AnyToAnyObjective::step(const modalities::Batch& batch, const StepContext& context) {
  // Objects of a validation draw the same masks every time, other ones than in training.
  const uint64_t seed = context.training ? context.seed : ~context.seed;
  return model_->loss(batch, {.seed = seed, .epoch = context.epoch, .training = context.training});
}

std::vector<std::string> AnyToAnyObjectiveSettings::modalities() const {
  std::vector<std::string> out;
  for (const auto& entry : model.modalities) out.push_back(entry.first);
  return out;
}

std::unique_ptr<Objective> AnyToAnyObjectiveSettings::make(uint64_t seed) const {
  auto settings = model;
  if (settings.seed == 0) settings.seed = int64_t(seed);
  models::check(settings);
  return std::make_unique<AnyToAnyObjective>(std::make_unique<models::AnyToAny>(std::move(settings)));
}

}  // namespace asterism::train
