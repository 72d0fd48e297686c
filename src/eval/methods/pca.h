#pragma once
// Principal components: the linear baseline of every learned vector. M rows, D numbers a row, K components.

#include <ATen/ATen.h>

#include <cstdint>

namespace asterism::eval {

struct Pca {
  at::Tensor mean_D;        // float64
  at::Tensor component_KD;  // float64, orthonormal rows, largest variance first; each row's largest entry is positive
  at::Tensor variance_K;    // of the training rows along each component (divided by M)

  // Exact through the smaller of the D x D and M x M matrices in float64 where min(M, D) <= 2048; above that by block
  // power iteration (Halko, Martinsson & Tropp 2011, algorithm 4.4, 8 rounds, 16 extra directions), deterministic.
  // `components` is clipped to min(M - 1, D). Values must be finite: fill what is missing first, see filled_with_mean.
  // `weight_M`, where given: how much each row counts, not negative and not all zero; variance_K is weighted too.
  static Pca fit(const at::Tensor& x_MD, int64_t components, const at::Tensor& weight_M = {});
  at::Tensor project(const at::Tensor& x_ND) const;  // [N, K]
  at::Tensor rebuild(const at::Tensor& z_NK) const;  // [N, D]
};

// x with every value of zero weight replaced by its column's weighted mean over `train` rows (columns without any
// weight: 0).
at::Tensor filled_with_mean(const at::Tensor& x_ND, const at::Tensor& weight_ND, const at::Tensor& column_mean_D);
at::Tensor weighted_column_mean(const at::Tensor& x_MD, const at::Tensor& weight_MD);

}  // namespace asterism::eval
