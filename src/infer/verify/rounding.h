#pragma once
// How well conditioned an output is: what fp32 leaves open where sums are taken in another order.
//
// A norm over two nearly equal channels, or a sinh of a large number, amplifies the last bits of what went in, so that
// two programs that are both right differ there by far more than elsewhere. How much, the model itself can say: every
// weight is moved to its next neighbour in fp32, up or down at random, a few times over, and the output seen to move.

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "nn/parameters.h"

namespace asterism::infer {

// For each tensor that `outputs` makes: the largest change, number by number, over a few such sets of weights (fp64; 0
// where neither was finite). The weights are as before when it returns or throws. Always the same for the same weights.
std::vector<at::Tensor> moved_by_rounding(nn::Parameters& parameters,
                                          const std::function<std::vector<at::Tensor>()>& outputs);

}  // namespace asterism::infer
