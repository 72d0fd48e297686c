#pragma once
// What a model may be given in an evaluation.

#include <string>
#include <vector>

#include "eval/collect.h"
#include "models/model.h"

namespace asterism::eval {

// What the model reads of the data and is not asked for: names of the batch that are neither labels nor left out.
std::vector<std::string> observed_inputs(const models::Model& model, const modalities::Batch& batch,
                                         const Collected& collected);

}  // namespace asterism::eval
