#pragma once
// Finding an object's other observation among many: row i of the queries belongs to row i of the targets. N pairs, D
// numbers.

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "eval/bootstrap.h"

namespace asterism::eval {

// For each query the place of its own target when all targets are sorted by cosine similarity, 1 the best. Targets
// exactly as similar count half, so that constant vectors get the rank of chance, (N + 1) / 2. float64, in blocks.
// Shapes [N, D].
std::vector<double> pair_ranks(const at::Tensor& queries_ND, const at::Tensor& targets_ND);

// The same from any distances [n, N]: query i's own target is column first + i.
std::vector<double> ranks_of_own(const at::Tensor& distance_nN, int64_t first = 0);

// Share of queries whose target is among the first k; by chance k / N.
double recall_at(std::span<const double> ranks, int64_t k);

struct PairingScores {
  int64_t pairs = 0;
  std::vector<int64_t> k;
  std::vector<Interval> recall;  // over queries, the set of targets held fixed
  std::vector<double> chance;    // k / N
  Interval median_rank;
  double median_rank_chance = 0;  // (N + 1) / 2
};
PairingScores score_pairing(std::span<const double> ranks, const std::vector<int64_t>& k,
                            const BootstrapOptions& options = {});

}  // namespace asterism::eval
