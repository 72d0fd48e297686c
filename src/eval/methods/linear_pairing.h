#pragma once
// Pairing without learned vectors: a quadratic fit from plain features of one observation to those of the other.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace asterism::eval {

// float64 features of M objects to learn from, with both observations, and of N pairs. D and T features.
struct PairedFeatures {
  at::Tensor from_MD, to_MT, from_ND, to_NT;
  std::vector<int64_t> fold_M;  // of cross-validation, for the penalty
  bool products = true;         // of the features; else a linear fit
};

// For each query the place of its own target (1 the best, ties count half) when all N targets are sorted by their
// distance from what a ridge regression on the features and their products (of the 12 leading principal components)
// expects (without the products, a linear one): the Mahalanobis distance by the covariance of the residuals, in the 16
// leading components of the targets.
std::vector<double> linear_pair_ranks(const PairedFeatures& features);

}  // namespace asterism::eval
