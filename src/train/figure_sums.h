#pragma once
// What the steps of training since the last line of the log were worth.

#include <map>
#include <string>
#include <utility>

#include "train/update.h"

namespace asterism::train {

// Weighted means of the loss and the figures of some batches: sums of tensors where they were computed, so that a step
// never waits for them.
class FigureSums {
 public:
  void add(const BatchGradient& batch);
  bool empty() const { return weight_ <= 0; }
  std::map<std::string, double> take();  // "loss" and the objective's own; empty afterwards

 private:
  at::Tensor loss_;
  double weight_ = 0;
  std::map<std::string, std::pair<at::Tensor, double>> sums_;
};

}  // namespace asterism::train
