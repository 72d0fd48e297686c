#include "models/aion_request.h"

#include <algorithm>

#include "base/error.h"

namespace asterism::models {

void check_request(const PredictRequest& request, const std::vector<std::string>& known, const std::string& what) {
  if (request.targets.empty())
    base::user_error("nothing is asked for: name at least one {} of {}", what, base::quoted_list(known));
  if (request.passes > 0) base::user_error("this model has no dropout to average over: leave out the passes");
  if (request.sampler.samples < 1) base::user_error("{} samples: choose at least 1", request.sampler.samples);
  if (request.unconditional && !request.given.empty())
    base::user_error("an unconditional request names inputs: leave out one of the two");
  for (const auto& target : request.targets) {
    if (std::find(known.begin(), known.end(), target) == known.end())
      base::user_error("this model cannot predict '{}' as a {}; the nearest that it can is '{}'", target, what,
                       base::nearest(target, known));
    if (std::find(request.given.begin(), request.given.end(), target) != request.given.end())
      base::user_error("'{}' is both given and asked for: leave it out of one", target);
    if (std::count(request.targets.begin(), request.targets.end(), target) > 1)
      base::user_error("'{}' is asked for twice: name each {} once", target, what);
  }
}

std::vector<AionTokens> given_tokens(const Aion& model, const modalities::Batch& batch, const PredictRequest& request) {
  if (request.unconditional) return {};
  auto names = request.given.empty() ? model.modalities() : request.given;
  for (const auto& target : request.targets) std::erase(names, target);
  return names.empty() ? std::vector<AionTokens>() : model.inputs().tokens(batch, names);
}

}  // namespace asterism::models
