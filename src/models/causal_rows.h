#pragma once
// Rows of groups through an encoder in which a row sees those of its group that do not lie beyond it: the causal form
// of a transformer that otherwise looks both ways. Padded to the longest group: for comparison, not for speed. Letters:
// R rows, D width.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "nn/transformer.h"

namespace asterism::models {

// As nn::Encoder::rows (the first `depth` blocks, -1: all), but row r sees rows of its group with place_R[s] <=
// place_R[r] alone, in whatever order they come. [R, D] -> [R, D]
at::Tensor causal_rows(const nn::Encoder& encoder, const at::Tensor& x_RD, const nn::Ranges& groups,
                       const std::vector<int64_t>& place_R, const nn::DropKey& drop, int64_t depth = -1);

}  // namespace asterism::models
