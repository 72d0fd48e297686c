#pragma once
// What the nearest known objects say: k-nearest-neighbour regression, classification and posteriors. The baseline that
// every learned number stands beside, and the plainest test of a vector. N queries, M references, D numbers a vector, K
// neighbours.

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::eval {

struct Neighbours {
  at::Tensor rows_NK;      // int64, rows of the reference, nearest first
  at::Tensor distance_NK;  // float64, Euclidean
};

// Exact, in float64, in blocks of bounded memory (<= 256 MiB). k is clipped to M. Shapes [M, D], [N, D]; M >= 1.
Neighbours nearest(const at::Tensor& reference_MD, const at::Tensor& queries_ND, int64_t k);

enum class NeighbourWeight { kEqual, kInverseDistance };  // an exact match takes all the weight under kInverseDistance

// [N, K] float64, each row adds up to 1.
at::Tensor neighbour_weights(const Neighbours& neighbours, NeighbourWeight weight);

// The weighted mean of the neighbours' values (values has M of them).
std::vector<double> neighbour_mean(const Neighbours& neighbours, std::span<const double> values,
                                   NeighbourWeight weight);

// The class with the largest weight among the neighbours (ties: the smallest label).
std::vector<int64_t> neighbour_class(const Neighbours& neighbours, std::span<const int64_t> labels,
                                     NeighbourWeight weight);

// Neighbours' values as a drawn posterior: row i of the result is the K values near query i (for eval/posterior.h).
std::vector<std::vector<double>> neighbour_values(const Neighbours& neighbours, std::span<const double> values);

// Columns brought to mean 0 and standard deviation 1 by the training rows; constant columns become 0.
struct Scaler {
  at::Tensor mean_D, scale_D;  // float64
  static Scaler fit(const at::Tensor& train_MD);
  at::Tensor operator()(const at::Tensor& x_ND) const;  // float64
};

}  // namespace asterism::eval
