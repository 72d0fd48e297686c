#include "train/dino_objective.h"

#include "models/all.h"
#include "tokenizers/weights_file.h"

namespace asterism::train {
namespace {

// A validation is made as at the end of the run.
double progress_of(const StepContext& context) {
  return context.training ? double(context.step) / double(std::max<int64_t>(1, context.total_steps)) : 1;
}

}  // namespace

nn::Outcome DinoObjective::step(const modalities::Batch& batch, const StepContext& context) {
  return model_->loss(batch, {.seed = context.seed, .epoch = context.epoch, .training = context.training},
                      progress_of(context));
}

void DinoObjective::after_update(const StepContext& context) { model_->after_update(progress_of(context)); }

std::function<double(const std::string&)> DinoObjective::rate_factors(const StepContext& context) const {
  return
      [this, progress = progress_of(context)](const std::string& name) { return model_->rate_factor(name, progress); };
}

models::WarmStart DinoObjective::start_from(const std::filesystem::path& folder) {
  const auto from = models::model_folder(folder), file = from / "model.safetensors";
  if (!std::filesystem::exists(file)) return Objective::start_from(from);  // which says what is wrong
  std::map<std::string, at::Tensor> encoder;
  for (const auto& [name, tensor] : tokenizers::read_weights(file))
    if (name.starts_with("backbone."))
      for (const char* network : {"student.", "teacher."}) encoder[network + name] = tensor;
  if (encoder.empty()) return Objective::start_from(from);
  return models::start_from(parameters(), encoder, {}, file.string());
}

std::unique_ptr<Objective> DinoObjectiveSettings::make(uint64_t seed) const {
  auto settings = model;
  if (settings.seed == 0) settings.seed = int64_t(seed);
  return std::make_unique<DinoObjective>(std::make_unique<models::Dino>(std::move(settings)));
}

}  // namespace asterism::train
