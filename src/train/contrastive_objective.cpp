#include "train/contrastive_objective.h"

namespace asterism::train {

nn::Outcome ContrastiveObjective::step(const modalities::Batch& batch, const StepContext& context) {
  return model_->loss(batch, {.seed = context.seed, .epoch = context.epoch, .training = context.training});
}

nn::Outcome ContrastiveObjective::add_gradient_in_pieces(const modalities::Batch& batch, const StepContext& context,
                                                         int64_t pieces) {
  return model_->add_gradient(batch, {.seed = context.seed, .epoch = context.epoch, .training = context.training},
                              pieces);
}

void ContrastiveObjectiveSettings::describe(config::Fields& f) {
  model.describe(f);
  f.add("feature_cache", feature_cache,
        "folder that keeps what wholly frozen backbones make of each object, for this run and the next; empty: none");
}

std::vector<std::string> ContrastiveObjectiveSettings::modalities() const {
  std::vector<std::string> out;
  for (const auto& entry : model.modalities) out.push_back(entry.first);
  return out;
}

std::unique_ptr<Objective> ContrastiveObjectiveSettings::make(uint64_t seed) const {
  auto settings = model;
  if (settings.seed == 0) settings.seed = int64_t(seed);
  auto contrastive = std::make_unique<models::Contrastive>(std::move(settings));
  if (!feature_cache.empty()) contrastive->keep_features(feature_cache);
  return std::make_unique<ContrastiveObjective>(std::move(contrastive));
}

}  // namespace asterism::train
