#pragma once
// Mutual information of two continuous quantities from samples of both, by nearest neighbours (Kraskov, Stoegbauer &
// Grassberger 2004, their first estimator). N samples, A and B numbers of the two.

#include <ATen/ATen.h>

#include <cstdint>

#include "eval/bootstrap.h"

namespace asterism::eval {

// psi(k) + psi(N) - <psi(n_a + 1) + psi(n_b + 1)> in nats: distances are the largest difference of a coordinate, n_a
// and n_b count the samples that are nearer in one of the two than the k-th neighbour is in both. Every column is
// brought to deviation 1 first, which changes no information. Samples must be continuous: many equal values make it too
// large. It falls short where there is much information in many numbers; independent quantities give about 0, sometimes
// below. Shapes [N, A], [N, B]; N > k >= 1.
double kraskov_information(const at::Tensor& a_NA, const at::Tensor& b_NB, int64_t k = 3);

// With an interval of normal shape: its width is the spread over `halves` random halves of the samples (the delete-half
// jackknife; resamples that repeat a sample would make its copy the nearest neighbour).
Interval kraskov_interval(const at::Tensor& a_NA, const at::Tensor& b_NB, int64_t k = 3, int64_t halves = 10,
                          uint64_t seed = 0);

}  // namespace asterism::eval
