#pragma once
// A table of conditionals of one tiny object by an untrained model.

#include "eval/conditionals/conditionals.h"
#include "tests/models/tiny_sky.h"

namespace asterism::eval::planted {

inline const std::vector<std::string> kAll{"image_legacy", "spectrum_desi", "flux_g", "flux_r", "redshift"};

inline models::AnyToAny tiny_model() {
  const auto sky = models::tiny::sky(32);
  models::AnyToAny model(models::tiny::sky_model(), models::tiny::codecs(sky));
  model.fit(sky);
  return model;
}

inline models::Sampler few_draws() {
  models::Sampler sampler;
  sampler.samples = 3;
  sampler.steps = 2;
  return sampler;
}

inline Conditionals tiny_table(const modalities::Batch& object, const std::vector<std::string>& chosen = kAll) {
  const auto model = tiny_model();
  return conditionals(model, model.modalities(), object, chosen, few_draws());
}

}  // namespace asterism::eval::planted
