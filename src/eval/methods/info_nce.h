#pragma once
// How much two observations of an object tell of each other, at least: the InfoNCE bound (van den Oord et al. 2018;
// Poole et al. 2019, eq. 12). M pairs, scores [M, M]: row i's own partner is column i.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace asterism::eval {

// What each pair adds to the bound, in nats: ln N + ln softmax(scores over N partners)[own], the mean of both
// directions and of several random parts of the pairs in groups of N. The mean over pairs is at most ln N, and in
// expectation at most the mutual information, whatever the scores are. Pairs that no group held (M is no multiple of N)
// are left out. 2 <= N <= M.
std::vector<double> info_nce_terms(const at::Tensor& scores_MM, int64_t group, int64_t parts = 8, uint64_t seed = 0);

// The temperature by which scores must be divided for the bound among all M to be largest: to 1%, between 1e-3 and 10.
double best_temperature(const at::Tensor& scores_MM);

}  // namespace asterism::eval
