#pragma once
// Weights in bfloat16 for the products of a step on a GPU, made of all of them by one kernel, as their gradients are
// made float32 again. Autocast does that one by one: hundreds of small kernels and operators a step.

#include <ATen/ATen.h>

#include <unordered_map>

#include "nn/parameters.h"

namespace asterism::nn {

// While it lives, products of this thread take what it made. Under autocast in bfloat16 on a GPU where gradients are
// recorded; elsewhere it does nothing.
class NarrowWeights {
 public:
  explicit NarrowWeights(const Parameters& parameters);
  ~NarrowWeights();
  NarrowWeights(const NarrowWeights&) = delete;
  NarrowWeights& operator=(const NarrowWeights&) = delete;

 private:
  friend at::Tensor for_product(const at::Tensor& weight);
  std::unordered_map<const at::TensorImpl*, at::Tensor> made_;
  const NarrowWeights* outer_;
};

// The weight as it is, or what the innermost NarrowWeights made of it.
at::Tensor for_product(const at::Tensor& weight);

}  // namespace asterism::nn
