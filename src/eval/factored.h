#pragma once
// Is what a model says of two scalars one joint distribution, whichever is asked for first?

#include <string>
#include <utility>
#include <vector>

#include "data/batch_source.h"
#include "eval/collect.h"
#include "models/model.h"

namespace asterism::eval {

// UserError: a model that is no any_to_any, a scalar that it does not both read and predict, the same scalar twice.
void check_pairs(const models::Model& model, const std::vector<std::pair<std::string, std::string>>& pairs);

// Goes through the source once more, from its beginning, and adds to the subject a FactoredPair for each pair, of the
// test objects for which both values are known; what is given goes in without its error. UserError as check_pairs, and
// where the data lack a scalar.
void add_factored(const models::Model& model, data::BatchSource& source,
                  const std::vector<std::pair<std::string, std::string>>& pairs, Collected& collected);

}  // namespace asterism::eval
