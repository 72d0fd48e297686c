#pragma once
// Zero mean, unit variance and no correlation between the numbers of a code: what keeps a quantiser's codes in use.
// Unit variance alone is not enough: numbers that say the same thing leave most combinations of levels unused.

#include "nn/scope.h"

namespace asterism::nn {

// Batch normalisation without weights (Ioffe & Szegedy 2015) that also takes away correlations, by the Cholesky factor
// of the covariance (Siarohin et al. 2019), over all but the last dimension, in fp32. While gradients are recorded it
// uses the batch's own statistics and lets the kept ones follow them ("mean" [D], "covariance" [D, D], "batches" []:
// buffers); otherwise, and for batches of no more than D codes, it uses the kept ones, so that a row's result does not
// depend on its neighbours.
struct Whitening {
  Whitening() = default;
  Whitening(const Scope& scope, int64_t width, double memory = 0.95, double epsilon = 1e-4);
  at::Tensor operator()(const at::Tensor& x) const;  // [..., D]
  at::Tensor mean, covariance, batches;
  double memory = 0.95, epsilon = 1e-4;  // epsilon: added to every variance
};

}  // namespace asterism::nn
