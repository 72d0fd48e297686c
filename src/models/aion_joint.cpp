#include "models/aion_joint.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "models/aion_sample.h"
#include "models/any_to_any.h"

namespace asterism::models {
namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_chain(const Aion& model, const PredictRequest& request) {
  const auto known = model.targets(), readable = model.modalities();
  if (request.targets.empty())
    base::user_error("nothing is asked for: name at least one target of {}", base::quoted_list(known));
  if (request.passes > 0) base::user_error("this model has no dropout to average over: leave out the passes");
  if (request.sampler.samples < 1) base::user_error("{} samples: choose at least 1", request.sampler.samples);
  if (request.unconditional && !request.given.empty())
    base::user_error("an unconditional request names inputs: leave out one of the two");
  for (const auto& target : request.targets) {
    if (!holds(known, target))
      base::user_error("this model cannot predict '{}'; the nearest that it can is '{}'", target,
                       base::nearest(target, known));
    if (holds(request.given, target)) base::user_error("'{}' is both given and asked for: leave it out of one", target);
    if (std::count(request.targets.begin(), request.targets.end(), target) > 1)
      base::user_error("'{}' is to be drawn twice: name each target once", target);
    if (target != request.targets.back() && !holds(readable, target))
      base::user_error(
          "draws of '{}' go in when the next target is drawn, and this model does not read it: name it last", target);
  }
}

}  // namespace

std::vector<modalities::Batch> sample_aion_joint(const Aion& model, const modalities::Batch& batch,
                                                 const PredictRequest& request) {
  at::NoGradGuard no_grad;
  check_chain(model, request);
  auto names = request.given.empty() ? model.modalities() : request.given;
  std::erase_if(names, [&](const auto& name) { return holds(request.targets, name); });
  std::vector<AionTokens> given;
  if (!request.unconditional && !names.empty()) given = model.inputs().tokens(batch, names);
  std::vector<uint64_t> hashes;
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  const auto everyone = at::ones({batch.size()}, at::kBool);
  std::vector<modalities::Batch> out;
  for (int64_t s = 0; s < request.sampler.samples; ++s) {
    auto seen = given;
    modalities::Batch drawn;
    drawn.objects = batch.objects;
    for (const auto& target : request.targets) {
      const auto& key = model.inputs().reader(target).key;
      const auto& codec = model.codec(target);
      // of one token the model's own probabilities, of more what the sampler says
      auto how = codec.num_tokens() == 1 ? AionSampling() : sampling_of(request.sampler);
      how.seed = request.sampler.seed + uint64_t(s) * kSampleStride + base::stable_hash(target);
      const auto ids = sample_aion(model, seen, key, hashes, how);
      drawn.blocks.emplace(target, codec.decode({ids, everyone}, {}));
      if (target != request.targets.back()) seen.push_back({key, ids});
    }
    out.push_back(std::move(drawn));
  }
  return out;
}

}  // namespace asterism::models
