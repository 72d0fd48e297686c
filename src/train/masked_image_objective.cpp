#include "train/masked_image_objective.h"

namespace asterism::train {

nn::Outcome MaskedImageObjective::step(const modalities::Batch& batch, const StepContext& context) {
  return model_->loss(batch, {.seed = context.seed, .epoch = context.epoch, .training = context.training});
}

std::unique_ptr<Objective> MaskedImageObjectiveSettings::make(uint64_t seed) const {
  auto settings = model;
  if (settings.seed == 0) settings.seed = int64_t(seed);
  return std::make_unique<MaskedImageObjective>(std::make_unique<models::MaskedImage>(std::move(settings)));
}

}  // namespace asterism::train
