#pragma once
// Whether draws of several numbers together say how sure one can be: tests of accuracy with random points (Lemos,
// Coogan, Hezaveh & Perreault-Levasseur 2023, arXiv:2302.03026), and the energy score (Gneiting & Raftery 2007, eq.
// 22). N objects, S draws of each, D numbers. All tensors float64.

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::eval {

// Numbers of unlike units made comparable: 0 and 1 are the 1st and 99th percentile of the truths, in each dimension.
struct TruthBox {
  at::Tensor low_D, width_D;
  static TruthBox of(const at::Tensor& truth_ND);    // N >= 1; a dimension without width keeps its unit
  at::Tensor operator()(const at::Tensor& x) const;  // [..., D]
};

// Of each object the share of its draws that are nearer to a random point of the unit box than the truth is, spread
// evenly between the shares that S draws can have: uniform over objects where truths are distributed as the draws are.
// The points do not depend on the object, so what draws every object from the distribution of all passes as well: see
// how sharp it is by the energy score. keys [N]: the point of an object depends on its key and the seed alone. Exact
// for any S; the paper's expected coverage at credibility c is the share of objects below c.
std::vector<double> tarp(const at::Tensor& truth_ND, const at::Tensor& draws_NSD, std::span<const uint64_t> keys,
                         uint64_t seed = 0);

// mean |draw - truth| - 1/2 mean |draw - another draw| of each object: the CRPS of several numbers, lower is better.
// The second mean is over pairs of different draws, so that it does not depend on S in expectation. S >= 2.
std::vector<double> energy_scores(const at::Tensor& truth_ND, const at::Tensor& draws_NSD);

}  // namespace asterism::eval
