#pragma once
// A small model of AION's architecture with every kind of modality, and tokens for it.

#include <vector>

#include "models/aion.h"

namespace asterism::models::tiny {

inline AionConfig aion_config() {
  auto config = published_aion_config("base");
  config.domains_in = config.domains_out = {"catalog", "tok_ebv", "tok_flux_g", "tok_xp_bp", "tok_z"};
  config.dim = 16;
  config.num_heads = 2;
  config.encoder_depth = config.decoder_depth = 2;
  return config;
}

// Weights far from their first values, so that nothing hides behind zeros and ones.
inline void shake(nn::Parameters& parameters, uint64_t seed = 5) {
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : parameters.parameters())
    tensor.add_(nn::initial_value(tensor.sizes(), nn::Init::normal(0.2), seed, name));
}

inline at::Tensor random_ids(const std::string& key, int64_t objects, int64_t length = 0, uint64_t seed = 1) {
  const auto& facts = *find_aion_modality(key);
  const auto generator = at::detail::createCPUGenerator(seed);
  return at::randint(0, facts.vocabulary, {objects, length > 0 ? length : facts.tokens()}, generator, at::kLong);
}

inline std::vector<AionTokens> random_inputs(int64_t objects) {
  return {{"tok_xp_bp", random_ids("tok_xp_bp", objects)},
          {"tok_ebv", random_ids("tok_ebv", objects)},
          {"catalog", random_ids("catalog", objects, 12)}};
}

}  // namespace asterism::models::tiny
