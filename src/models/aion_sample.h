#pragma once
// Drawing the tokens of one modality from an AION-1 model, given others: MaskGIT (Chang et al. 2022), random order
// (ROAR, Mizrahi et al. 2023) and, for sequences, one token after the other with keys and values kept. Published models
// see a target's own tokens in the encoder only: so each round encodes what is given and what is drawn so far (the
// first round of several draws once).
//
//   AionSampling how;
//   how.steps = 12;
//   const auto ids_NL = sample_aion(*model, {{"tok_image", image_ids_NL}}, "tok_spectrum_desi", hashes, how);
//
// Letters: N objects, L tokens of the target, V codes.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/aion.h"
#include "models/guidance.h"

namespace asterism::models {

struct AionSampling {
  std::string scheme = "maskgit";   // every token is drawn in each round and the most probable draws stay; "roar": each
                                    // round draws the next tokens of a random order; sequences need "autoregressive"
  int64_t steps = 8;                // rounds
  std::string schedule = "cosine";  // tokens a round: few, many, few; or "linear": as many in each
  double temperature = 1;           // 0: the most probable code
  std::string temperature_schedule = "constant";  // "linear": falls with the tokens that are left; "onex:MIN:POWER":
                                                  // falls as 1 / x^POWER down to MIN
  double top_k = 0, top_p = 0;                    // see keep_likely; cut before the temperature acts, as in 4M
  Guidance guidance = 1;                          // by token keys (tok_flux_g) or the names that datasets have (flux_g)
  uint64_t seed = 0;                              // noise is keyed by (seed, object, token, round)
  int64_t first_id = 2, last_id = 3;              // of a sequence: what it begins with, and what ends it
};

AionSampling sampling_of(const Sampler& sampler);  // all but the seed

// ids int64 [N, L]; a sequence ends with last_id, and 0 (padding) follows. `objects`: a key for the noise of each, as
// ObjectKey::hash gives. UserError for settings that cannot be, and for a target that is given.
at::Tensor sample_aion(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
                       const std::vector<uint64_t>& objects, const AionSampling& how);
// One draw for each of `seeds`, which stand in the place of how.seed: what each alone would give. Of a grid what is
// given is encoded once for the first rounds of all.
std::vector<at::Tensor> sample_aion(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
                                    const std::vector<uint64_t>& objects, const AionSampling& how,
                                    const std::vector<uint64_t>& seeds);

// Several targets, one after the other: each becomes an input for the next.
std::vector<AionTokens> sample_aion_chain(const Aion& model, std::vector<AionTokens> given,
                                          const std::vector<std::string>& targets, const std::vector<uint64_t>& objects,
                                          const AionSampling& how);

// ln p(ids | given) [N] float64: of a grid the sum over its tokens asked at once, of a sequence the sum over its tokens
// each given those before (padding, id 0, does not count).
at::Tensor aion_log_likelihood_N(const Aion& model, const std::vector<AionTokens>& given, const AionTokens& target);

}  // namespace asterism::models
