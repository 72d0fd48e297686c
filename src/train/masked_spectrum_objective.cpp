#include "train/masked_spectrum_objective.h"

namespace asterism::train {

nn::Outcome MaskedSpectrumObjective::step(const modalities::Batch& batch, const StepContext& context) {
  return model_->loss(batch, {.seed = context.seed, .epoch = context.epoch, .training = context.training});
}

std::unique_ptr<Objective> MaskedSpectrumObjectiveSettings::make(uint64_t seed) const {
  auto settings = model;
  if (settings.seed == 0) settings.seed = int64_t(seed);
  return std::make_unique<MaskedSpectrumObjective>(std::make_unique<models::MaskedSpectrum>(std::move(settings)));
}

}  // namespace asterism::train
