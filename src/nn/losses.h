#pragma once
// Losses. Every one takes weights and returns the weighted mean (0 where all weights are 0). Letters: N rows, V
// classes, D width.

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>

namespace asterism::nn {

// sum(w x) / sum(w); 0 (with a gradient of 0) where sum(w) is 0. weight undefined: the mean.
at::Tensor weighted_mean(const at::Tensor& x, const at::Tensor& weight = {});

// -log softmax(logits)[target], mean over rows. logits [N, V] (lifted to fp32), target int64 [N], weight [N] or
// undefined.
at::Tensor cross_entropy(const at::Tensor& logits_NV, const at::Tensor& target_N, const at::Tensor& weight_N = {});

// The same against a distribution per row: target [N, V], rows sum to 1.
at::Tensor soft_cross_entropy(const at::Tensor& logits_NV, const at::Tensor& target_NV,
                              const at::Tensor& weight_N = {});

// cross_entropy(hidden W^T + bias, target) without ever holding all N x V logits: rows go in chunks, and the gradient
// is made in the same pass. For large vocabularies; bias may be undefined. Exact to rounding. Under no_grad only the
// loss is computed.
at::Tensor linear_cross_entropy(const at::Tensor& hidden_ND, const at::Tensor& weight_VD, const at::Tensor& bias_V,
                                const at::Tensor& target_N, const at::Tensor& weight_N = {}, int64_t chunk = 2048);

// soft_cross_entropy(hidden W^T + bias, target) in the same way. `target` gives the distributions [rows, V] of one
// chunk of rows, start .. start + rows - 1, so that those are never all in memory either.
using ChunkTarget = std::function<at::Tensor(int64_t start, int64_t rows)>;
at::Tensor linear_soft_cross_entropy(const at::Tensor& hidden_ND, const at::Tensor& weight_VD, const at::Tensor& bias_V,
                                     const ChunkTarget& target, int64_t chunk = 2048);

// Quadratic below delta, linear above, value r^2/2 near zero (Huber 1964). Element by element. delta <= 0: r^2/2
// everywhere.
at::Tensor huber(const at::Tensor& residual, double delta);

}  // namespace asterism::nn
