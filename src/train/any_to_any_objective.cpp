#include "train/any_to_any_objective.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "train/calibration.h"

namespace asterism::train {

nn::Outcome AnyToAnyObjective::step(const modalities::Batch& batch, const StepContext& context) {
  // Objects of a validation draw the same masks every time, other ones than in training.
  const uint64_t seed = context.training ? context.seed : ~context.seed;
  return model_->loss(batch, {.seed = seed, .epoch = context.epoch, .training = context.training});
}

void AnyToAnyObjective::calibrate(std::span<const modalities::Batch> validation) {
  for (const auto& target : model_->targets()) {
    int64_t count = 0;
    for (const auto& batch : validation) {
      const auto found = batch.blocks.find(target);
      if (found == batch.blocks.end() || !std::holds_alternative<modalities::ScalarBlock>(found->second)) break;
      const auto& present = modalities::present(found->second);
      count += std::count(present.begin(), present.end(), uint8_t{1});
    }
    if (count < kFewestToCalibrate) continue;
    try {
      log_temperature(target, model_->calibrate(validation, {}, target), count);
    } catch (const base::UserError& error) {  // the others have what this one lacks
      base::log_warning("the posterior of {} is not calibrated: {}", target, error.what());
    }
  }
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
