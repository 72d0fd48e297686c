#pragma once
// Small models of AION's architecture on the sky of tiny_sky.h.

#include <memory>
#include <string>
#include <vector>

#include "models/aion.h"
#include "tiny_aion.h"
#include "tiny_sky.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models::tiny {

// Reads and predicts two fluxes, the redshift and an image of 16 tokens; keys are not the names that datasets have.
inline std::unique_ptr<Aion> aion_of(const modalities::Batch& sky) {
  std::vector<AionInputs::Reader> readers;
  auto config = aion_config();
  config.domains_in.clear();
  for (const char* name : {"flux_g", "flux_r", "redshift"}) {
    auto codec = std::make_shared<tokenizers::ScalarBins>(tokenizers::ScalarBinsSettings{.bins = 24});
    codec->fit(sky.blocks.at(name));
    readers.push_back({name, std::string("key_") + name, {}, codec});
  }
  readers.push_back({"image_legacy", "key_image", {}, codecs(sky).at("image_legacy")});
  for (const auto& reader : readers) config.domains_in.push_back(reader.key);
  config.domains_out = config.domains_in;
  auto out = std::make_unique<Aion>(config, readers, 4);
  shake(out->parameters());
  return out;
}

// With codecs of its own for all modalities, known by their names.
inline std::unique_ptr<Aion> aion_of_sky(const modalities::Batch& sample, int64_t registers = 0) {
  auto each = codecs(sample);
  for (const char* name : {"flux_g", "flux_r", "redshift"}) {
    each[name] = std::make_shared<tokenizers::ScalarBins>(tokenizers::ScalarBinsSettings{.bins = 16});
    each[name]->fit(sample.blocks.at(name));
  }
  auto config = published_aion_config("base");
  config.dim = 16;
  config.num_heads = 2;
  config.encoder_depth = config.decoder_depth = 1;
  config.num_register_tokens = registers;
  config.domains_in.clear();
  std::vector<AionInputs::Reader> readers;
  for (const auto& [name, codec] : each) {
    readers.push_back({name, name, {}, codec});
    config.domains_in.push_back(name);
  }
  config.domains_out = config.domains_in;
  auto out = std::make_unique<Aion>(config, readers, 4);
  shake(out->parameters());
  return out;
}

}  // namespace asterism::models::tiny
