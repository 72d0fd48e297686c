#pragma once
// Zero mean and unit variance of every number of a code, over all codes: what keeps a quantiser's levels in use.

#include "nn/scope.h"

namespace asterism::nn {

// Batch normalisation without weights (Ioffe & Szegedy 2015) over all but the last dimension, in fp32. While gradients
// are recorded it uses the batch's own statistics and lets the kept ones follow them ("mean", "variance" [D], "batches"
// []: buffers); otherwise it uses the kept ones, so that a row's result does not depend on its neighbours.
struct RunningNorm {
  RunningNorm() = default;
  RunningNorm(const Scope& scope, int64_t width, double memory = 0.95, double epsilon = 1e-5);
  at::Tensor operator()(const at::Tensor& x) const;  // [..., D]
  at::Tensor mean, variance, batches;
  double memory = 0.95, epsilon = 1e-5;
};

}  // namespace asterism::nn
