#include "models/aion_joint.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "models/aion_request.h"
#include "models/aion_sample.h"
#include "models/any_to_any.h"
#include "models/drawn_condition.h"

namespace asterism::models {
namespace {

// What is drawn first must be readable: it goes in when the next is drawn.
void check_chain(const Aion& model, const std::vector<std::string>& targets) {
  const auto readable = model.modalities();
  for (const auto& target : targets)
    if (target != targets.back() && std::find(readable.begin(), readable.end(), target) == readable.end())
      base::user_error(
          "draws of '{}' go in when the next target is drawn, and this model does not read it: name it last", target);
}

}  // namespace

std::vector<modalities::Batch> sample_aion_joint(const Aion& model, const modalities::Batch& batch,
                                                 const PredictRequest& request) {
  at::NoGradGuard no_grad;
  check_request(request, model.targets(), "target");
  check_chain(model, request.targets);
  const auto given = given_tokens(model, batch, request);
  std::vector<uint64_t> hashes;
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  const auto everyone = at::ones({batch.size()}, at::kBool);
  std::vector<modalities::Batch> out;
  for (int64_t s = 0; s < request.sampler.samples; ++s) {
    auto seen = given;
    modalities::Batch drawn;
    drawn.objects = batch.objects;
    auto guidance = request.sampler.guidance;
    for (const auto& target : request.targets) {
      const auto& key = model.inputs().reader(target).key;
      const auto& codec = model.codec(target);
      // of one token the model's own probabilities, of more what the sampler says
      auto how = codec.num_tokens() == 1 ? AionSampling() : sampling_of(request.sampler);
      if (codec.num_tokens() > 1) how.guidance = guidance;
      how.seed = request.sampler.seed + uint64_t(s) * kSampleStride + base::stable_hash(target);
      const auto ids = sample_aion(model, seen, key, hashes, how);
      drawn.blocks.emplace(target, codec.decode({ids, everyone}, {}));
      if (target != request.targets.back()) seen.push_back({key, ids});
      count_drawn(guidance, target);
    }
    out.push_back(std::move(drawn));
  }
  return out;
}

}  // namespace asterism::models
