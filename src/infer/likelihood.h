#pragma once
// How probable a model finds what was recorded, given something else: scores for outliers.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "infer/map_dataset.h"
#include "models/predictor.h"

namespace asterism::infer {

// ln p(recorded value | given) in nats, float64 [N], NaN where the value is absent: a density, per unit of the value. A
// value beyond the bins of a histogram has the probability of the outermost bin, spread from the inner edge of that bin
// to the value: the farther, the less, and never zero. UserError where `recorded` is no scalar or in another unit than
// the posterior.
at::Tensor recorded_ln_density_N(const std::string& target, const models::ScalarPosterior& posterior,
                                 const modalities::Block& recorded);

// Column <target>_log_likelihood: of a scalar the above, by its posterior in `prediction`; of an image or spectrum
// ln P(its tokens | given), all asked for at once. Null where the object lacks the target or nothing was given.
// UserError where the batch has no such target, or the model no likelihood of it.
void add_log_likelihood(const models::Predictor& model, const models::Prediction& prediction,
                        const modalities::Batch& batch, const std::vector<std::string>& given,
                        const std::string& target, NewColumns& out);

}  // namespace asterism::infer
