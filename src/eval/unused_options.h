#pragma once
// Options of `asterism evaluate` that were given and that nothing which is asked would use.

#include "eval/collect.h"
#include "eval/evaluate.h"
#include "models/model.h"

namespace asterism::eval {

// Is the question one of those that the request asks? Whether it applies shows later.
bool asks(const EvaluateRequest& request, const std::string& question);

// UserError naming the options among request.told that belong to questions which are not asked, and --train beside
// --learn-from.
void check_told(const EvaluateRequest& request);
// The same of options that are of models, where a tokenizer is judged.
void check_told_of_tokenizer(const EvaluateRequest& request);
// The same of options that are of tokenizers, and of --rebuild-limit where the model rebuilds nothing.
void check_told_of_model(const EvaluateRequest& request, const models::Model& model);

// What shows only in what was collected: a warning that names the options whose questions all do not apply.
void warn_of_unused(const EvaluateRequest& request, const Collected& collected);

}  // namespace asterism::eval
