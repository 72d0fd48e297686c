#pragma once
// Do two scalars have one joint distribution, whichever is asked for first? As a term of the loss: each conditional of
// a masked model is learned by itself, and what they contradict each other in is noise that objects alone take long to
// average away. Letters: N objects, R rows.

#include <ATen/ATen.h>

#include "models/any_to_any_network.h"

namespace asterism::models {

// Of each object one pair of scalars a, b that it has and that the model reads and predicts, drawn from the stream
// (seed, epoch, object, "pair"): ln p(a) p(b|a) - ln p(b) p(a|b) at its values, in nats, differentiable; one for each
// object that has such a pair (may be none). What is given goes in without its error.
at::Tensor pair_differences(const AnyToAny::Network& net, const AnyToAny::Network::Observed& observed,
                            const DrawKey& key);

}  // namespace asterism::models
