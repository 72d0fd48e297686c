#include "train/specformer_objective.h"

#include "base/error.h"
#include "models/all.h"

namespace asterism::train {

void SpecFormerObjectiveSettings::describe(config::Fields& f) {
  encoder.describe(f);
  mask.describe(f);
  f.table("input", input, "the spectra that it is made for");
  f.add("seed", seed, "of the first weights").between(0, 9e15);
}

std::unique_ptr<Objective> SpecFormerObjectiveSettings::make(uint64_t run_seed) const {
  if (mask.as_published && mask.error_floor != models::SpecFormerMaskSettings{}.error_floor)
    base::user_error(
        "model.error_floor has no effect beside model.as_published, whose loss knows no noise: take one out");
  models::AstroClipSettings settings;
  settings.encoders = {"spectrum"};
  settings.embedding = 0;
  settings.spectrum = encoder;
  settings.spectrum_input = input;
  settings.seed = seed == 0 ? int64_t(run_seed) : seed;
  return std::make_unique<SpecFormerObjective>(std::make_unique<models::AstroClip>(std::move(settings)), mask);
}

nn::Outcome SpecFormerObjective::step(const modalities::Batch& batch, const StepContext& context) {
  return models::specformer_loss(model_->spectrum_encoder(), batch, model_->settings().spectrum_input, mask_,
                                 {.seed = context.seed, .epoch = context.epoch, .training = context.training},
                                 model_->device());
}

models::WarmStart SpecFormerObjective::start_from(const std::filesystem::path& folder) {
  const auto from = models::model_folder(folder);
  const auto theirs = models::AstroClip::load(from);
  const auto &there = theirs->spectrum_encoder().settings(), &here = model_->spectrum_encoder().settings();
  const auto same = [&](const char* name, int64_t wanted, int64_t found) {
    if (wanted != found)
      base::user_error("train.init: model.{0} is {1} and {2} has {3}: set model.{0} = {3}", name, wanted, from.string(),
                       found);
  };
  same("slice", here.slice, there.slice);
  same("overlap", here.overlap, there.overlap);
  same("heads", here.heads, there.heads);
  return models::start_from(parameters(), theirs->parameters().all(), {}, from.string());
}

}  // namespace asterism::train
