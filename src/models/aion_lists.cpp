// Lists of sources drawn by an AION-1 model, given observations.

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "models/aion_request.h"
#include "models/aion_sample.h"
#include "models/any_to_any.h"
#include "tokenizers/aion/catalog.h"

namespace asterism::models {
namespace {

// A sequence as its codec has it: without its first token, and nothing (0) for whatever is no code of a field.
at::Tensor codes_of(const at::Tensor& ids_NL, int64_t tokens) {
  const int64_t kept = std::min(tokens, ids_NL.size(1) - 1);
  auto out = at::zeros({ids_NL.size(0), tokens}, at::kLong);
  const auto codes = ids_NL.narrow(1, 1, kept);
  out.narrow(1, 0, kept).copy_(codes.masked_fill(codes.lt(tokenizers::aion::kCatalogOffset), 0));
  return out;
}

AionSampling sequence_sampling(const Sampler& s) {
  AionSampling out;
  out.scheme = s.scheme;
  out.temperature = s.temperature;
  out.top_k = s.top_k;
  out.top_p = s.top_p;
  out.guidance = s.guidance;
  return out;
}

}  // namespace

std::vector<std::string> Aion::sequences() const {
  std::vector<std::string> out;
  const auto& predicted = network_->config.domains_out;
  for (const auto& name : inputs_->modalities()) {
    const auto& key = inputs_->reader(name).key;
    if (std::binary_search(predicted.begin(), predicted.end(), key) &&
        network_->modalities[size_t(network_->target(key))].facts.sequence)
      out.push_back(name);
  }
  return out;
}

Prediction Aion::draw_sequences(const modalities::Batch& batch, const PredictRequest& request) const {
  at::NoGradGuard no_grad;
  const auto known = sequences();
  if (known.empty()) base::user_error("this model draws no sequences: it has no catalogue, or no codec of one");
  check_request(request, known, "sequence");
  const auto given = given_tokens(*this, batch, request);
  Prediction out;
  out.present_N = at::zeros({batch.size()}, at::kBool);
  for (const auto& t : given) out.present_N = out.present_N.logical_or(t.hidden_NL.logical_not().any(1));
  std::vector<uint64_t> hashes;
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  auto how = sequence_sampling(request.sampler);
  for (const auto& target : request.targets) {
    BlockPrediction drawn;
    for (int64_t s = 0; s < request.sampler.samples; ++s) {
      how.seed = request.sampler.seed + uint64_t(s) * kSampleStride + base::stable_hash(target);
      const auto ids_NL = sample_aion(*this, given, inputs_->reader(target).key, hashes, how);
      drawn.ids_NT.push_back(codes_of(ids_NL, codec(target).num_tokens()));
      drawn.samples.push_back(codec(target).decode({drawn.ids_NT.back(), at::ones({batch.size()}, at::kBool)}, {}));
    }
    drawn.mean = drawn.samples.front();
    out.blocks.emplace(target, std::move(drawn));
  }
  return out;
}

}  // namespace asterism::models
