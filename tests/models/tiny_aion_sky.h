#pragma once
// A small model of AION's architecture on the sky of tiny_sky.h.

#include <memory>
#include <string>
#include <vector>

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

}  // namespace asterism::models::tiny
