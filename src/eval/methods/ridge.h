#pragma once
// Linear regression with a penalty on the size of the weights: the linear probe of a frozen vector. M rows, D features,
// T targets.

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::eval {

// Which fold each object is in: stable hash of its key modulo `folds`, so that an object is in the same fold in every
// run.
std::vector<int64_t> fold_of(std::span<const uint64_t> object_hashes, int64_t folds);

struct Ridge {
  at::Tensor mean_D, scale_D;  // of the features, taken out first
  at::Tensor weight_DT, intercept_T;
  double penalty = 0;  // the one that was chosen, per training row: minimises mean squared error + penalty x |w|^2

  // Closed form in float64. The penalty is the one of `penalties` with the least squared error summed over the left-out
  // folds (`fold` [M], values 0..folds-1); with one penalty or an empty `fold` nothing is left out.
  static Ridge fit(const at::Tensor& x_MD, const at::Tensor& y_MT, std::span<const int64_t> fold = {},
                   std::vector<double> penalties = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10});
  at::Tensor predict(const at::Tensor& x_ND) const;  // float64 [N, T]
};

}  // namespace asterism::eval
