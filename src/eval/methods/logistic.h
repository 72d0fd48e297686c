#pragma once
// Multinomial logistic regression: the linear probe of a frozen vector for classes. M rows, D features, C classes.

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::eval {

struct Logistic {
  at::Tensor mean_D, scale_D;         // of the features, taken out first
  at::Tensor weight_DC, intercept_C;  // float64
  std::vector<int64_t> classes;       // the labels seen in training, ascending: column c is classes[c]
  double penalty = 0;
  int64_t iterations = 0;

  // Minimises mean cross-entropy + penalty/2 x |w|^2 (intercepts free) by L-BFGS (Nocedal & Wright 2006, algorithm 7.5)
  // in float64. The penalty is the one with the least cross-entropy over the left-out folds, as in Ridge::fit.
  // classes_alike: rows count so that every class has the same weight, for balanced accuracy.
  static Logistic fit(const at::Tensor& x_MD, std::span<const int64_t> labels, std::span<const int64_t> fold = {},
                      std::vector<double> penalties = {1e-4, 1e-3, 1e-2, 1e-1}, bool classes_alike = false);
  at::Tensor probabilities(const at::Tensor& x_ND) const;      // float64 [N, C]
  std::vector<int64_t> predict(const at::Tensor& x_ND) const;  // labels
};

}  // namespace asterism::eval
