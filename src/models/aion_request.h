#pragma once
// What a request to an AION-1 model may say, and the tokens that it gives: the same for posteriors, drawn observations,
// joint draws and lists of sources.

#include <string>
#include <vector>

#include "models/aion.h"

namespace asterism::models {

// UserError for no target or one that is none of `known` (`what` they are: "target", "sequence"), a target that is
// given or named twice, fewer than one sample, `passes` (there is no dropout), inputs of an unconditional request.
void check_request(const PredictRequest& request, const std::vector<std::string>& known, const std::string& what);

// Tokens of the inputs: those named, or all that the model reads and that are not asked for. Nothing where the request
// is unconditional or none is left.
std::vector<AionTokens> given_tokens(const Aion& model, const modalities::Batch& batch, const PredictRequest& request);

}  // namespace asterism::models
