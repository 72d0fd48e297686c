#pragma once
// What one step of learning returns: the loss to go down, and named figures to write down.

#include <ATen/ATen.h>

#include <map>
#include <string>

namespace asterism::nn {

struct Outcome {
  at::Tensor loss;  // scalar, differentiable
  std::map<std::string, at::Tensor>
      figures;        // scalars, detached; read once per log line so that a step never waits for them
  double weight = 1;  // how many observations the loss is a mean of (for accumulating micro-batches)
};

}  // namespace asterism::nn
