#pragma once
// A small network on frozen vectors: what can be read off them that a linear map does not. M rows, D features,
// T targets.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "nn/linear.h"

namespace asterism::eval {

// Those of the few-shot protocol of AstroCLIP (Parker et al. 2024): 64 and 64 hidden units, ReLU, dropout 0.1, Adam
// 1e-3, batches of 64, ten epochs. Where ten epochs are fewer steps, `least_steps` are made.
struct PerceptronSettings {
  std::vector<int64_t> hidden = {64, 64};
  double dropout = 0.1, learning_rate = 1e-3;
  int64_t batch = 64, epochs = 10, least_steps = 500;
  uint64_t seed = 0;
};

class Perceptron {
 public:
  // Features and targets are scaled to mean 0 and deviation 1 first.
  static Perceptron fit(const at::Tensor& x_MD, const at::Tensor& y_MT, const PerceptronSettings& settings = {});
  // [M] classes 0 .. classes - 1 by cross-entropy; predict() gives their logits.
  static Perceptron fit_classes(const at::Tensor& x_MD, const at::Tensor& class_M, int64_t classes,
                                const PerceptronSettings& settings = {});
  at::Tensor predict(const at::Tensor& x_ND) const;  // float64 [N, T]

 private:
  void keep(const std::vector<nn::Linear>& layers);
  at::Tensor mean_D_, scale_D_, shift_T_, factor_T_;  // float64
  std::vector<at::Tensor> weights_, biases_;          // float32, of one layer after the other
};

}  // namespace asterism::eval
