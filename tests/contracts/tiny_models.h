#pragma once
// A tiny instance of every entry of models/all.cpp, and what its loss is: for contracts.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "../models/tiny_backbones.h"
#include "../models/tiny_sky.h"
#include "models/adapted.h"
#include "models/aion.h"
#include "models/all.h"
#include "models/masked_spectrum.h"
#include "tests/models/tiny_template_redshift.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {

struct Tiny {
  std::unique_ptr<Model> model;
  std::function<nn::Outcome(const modalities::Batch&, const DrawKey&)> loss;
  std::set<std::string> without_gradient;  // names whose gradient may be missing, with the reason beside them below
};

inline std::vector<AionInputs::Reader> tiny_aion_readers(const modalities::Batch& sample) {
  auto codecs = tiny::codecs(sample);
  for (const char* name : {"flux_g", "flux_r", "redshift"}) {
    codecs[name] = std::make_shared<tokenizers::ScalarBins>(tokenizers::ScalarBinsSettings{.bins = 16});
    codecs[name]->fit(sample.blocks.at(name));
  }
  std::vector<AionInputs::Reader> out;
  for (const auto& [name, codec] : codecs) out.push_back({name, name, {}, codec});
  return out;
}

inline AionConfig tiny_aion_config(const modalities::Batch& sample) {
  auto config = published_aion_config("base");
  config.dim = 16;
  config.num_heads = 2;
  config.encoder_depth = config.decoder_depth = 1;
  config.domains_in.clear();
  for (const auto& reader : tiny_aion_readers(sample)) config.domains_in.push_back(reader.key);
  config.domains_out = config.domains_in;
  return config;
}

// Of each object a random half of the tokens is given and the rest asked for.
inline nn::Outcome aion_loss(const Aion& model, const modalities::Batch& batch, const DrawKey& key) {
  std::vector<AionExample> examples;
  const auto generator = at::detail::createCPUGenerator(key.seed + uint64_t(key.epoch));
  for (const auto& t : model.inputs().tokens(batch, {})) {
    const auto given = at::rand(t.ids_NL.sizes(), generator).lt(0.5);
    const auto asked = given.logical_not().logical_and(t.hidden_NL.logical_not());
    const auto first = asked.logical_and(asked.to(at::kLong).cumsum(1).eq(1));
    examples.push_back({t.key, t.ids_NL, given.logical_not().logical_or(t.hidden_NL), asked.logical_not(),
                        first.to(at::kLong) * asked.sum(1, true)});
  }
  nn::Outcome out;
  out.loss = model.loss(examples, 0, 0).total;
  return out;
}

inline DinoSettings noiseless_dino() {  // a device draws noise of its own: device_views_test.cpp
  auto settings = tiny::dino_model();
  settings.augment.noise_probability = {0, 0, 0};
  return settings;
}

inline Tiny tiny_model(const std::string& kind) {
  const auto sample = tiny::sky(12);
  Tiny out;
  if (kind == "adapted") {
    auto backbone = std::make_unique<AnyToAny>(tiny::sky_model(), tiny::codecs(sample));
    backbone->fit(sample);
    AdaptedSettings settings;
    settings.backbone = "given";
    settings.adapt = "mlp";
    settings.target = "redshift";
    settings.hidden = settings.bins = 8;
    auto model = std::make_unique<Adapted>(settings, std::move(backbone));
    model->fit(sample);
    out.loss = [m = model.get()](const modalities::Batch& batch, const DrawKey&) { return m->loss(batch); };
    out.model = std::move(model);
  } else if (kind == "aion") {
    out.model = std::make_unique<Aion>(tiny_aion_config(sample), tiny_aion_readers(sample));
    out.loss = [m = dynamic_cast<Aion*>(out.model.get())](const modalities::Batch& batch, const DrawKey& key) {
      return aion_loss(*m, batch, key);
    };
    for (const auto& [name, tensor] : out.model->parameters().parameters())  // grids ask with the mask token alone
      if (name.starts_with("decoder_embeddings.") && name.ends_with(".token_emb.weight"))
        out.without_gradient.insert(name);
  } else if (kind == "any_to_any") {
    auto model = std::make_unique<AnyToAny>(tiny::sky_model(), tiny::codecs(sample));
    model->fit(sample);
    out.loss = [m = model.get()](const modalities::Batch& batch, const DrawKey& key) { return m->loss(batch, key); };
    out.model = std::move(model);
  } else if (kind == "masked_image") {
    auto model = std::make_unique<MaskedImage>(tiny::masked_image_model());
    out.loss = [m = model.get()](const modalities::Batch& batch, const DrawKey& key) { return m->loss(batch, key); };
    out.model = std::move(model);
  } else if (kind == "dino") {
    auto model = std::make_unique<Dino>(noiseless_dino());
    out.loss = [m = model.get()](const modalities::Batch& batch, const DrawKey& key) { return m->loss(batch, key); };
    out.model = std::move(model);
  } else if (kind == "masked_spectrum") {
    auto model =
        std::make_unique<MaskedSpectrum>(MaskedSpectrumSettings{.patch = 8, .width = 16, .heads = 2, .layers = 1});
    out.loss = [m = model.get()](const modalities::Batch& batch, const DrawKey& key) { return m->loss(batch, key); };
    out.model = std::move(model);
  } else if (kind == "template_redshift") {
    auto model = tiny::template_redshift();
    out.loss = [m = model.get()](const modalities::Batch& batch, const DrawKey&) { return m->loss(batch); };
    out.model = std::move(model);
  } else if (kind == "astroclip") {
    auto model = std::make_unique<AstroClip>(tiny::astroclip_model());
    out.loss = [m = model.get()](const modalities::Batch& batch, const DrawKey& key) { return m->loss(batch, key); };
    for (const char* name : {"image_encoder.backbone.mask_token", "spectrum_encoder.backbone.head.weight",
                             "spectrum_encoder.backbone.head.bias"})
      out.without_gradient.insert(name);  // of the encoders' own pretraining
    out.model = std::move(model);
  } else if (kind == "contrastive") {
    auto model = std::make_unique<Contrastive>(tiny::contrastive_model());
    model->fit(sample);
    out.loss = [m = model.get()](const modalities::Batch& batch, const DrawKey& key) { return m->loss(batch, key); };
    out.model = std::move(model);
  }
  return out;
}

class ModelContract : public testing::TestWithParam<std::string> {
 protected:
  Tiny tiny_ = tiny_model(GetParam());
  modalities::Batch batch_ = tiny::sky(5);
};

}  // namespace asterism::models
