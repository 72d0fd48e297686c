#pragma once
// Rows of a short table, each taken many times: what belongs to an object, for each of its tokens.

#include <ATen/ATen.h>

namespace asterism::models {

// table [N, ...], index [R] of whole numbers -> [R, ...]. The gradient is a product with ones and zeros on a GPU, where
// index_select's, a sum of one row after the other into the same few places, waits for each.
at::Tensor repeated_rows(const at::Tensor& table, const at::Tensor& index_R);

}  // namespace asterism::models
