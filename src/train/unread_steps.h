#pragma once
// Whether the losses and gradients of steps on a device were finite, looked at some steps later: to read a number is to
// wait for everything that was asked of the device. What is not finite changes no weight all the same: an update is
// left out on the device where its step or an earlier one was not finite.

#include <ATen/ATen.h>

#include <optional>
#include <string>
#include <vector>

#include "data/batch_source.h"
#include "train/objective.h"

namespace asterism::train {

class UnreadSteps {
 public:
  struct Step {
    data::BatchSource::Position position;  // of its batch
    StepContext context;
    at::Tensor loss, norm;  // scalars of the device
  };
  struct NotFinite {
    data::BatchSource::Position position;
    StepContext context;
    std::string what;  // "loss" or "norm of the gradient"
    double value = 0;
  };

  // float32 scalar where the loss is: 1 where this step or an earlier one was not finite (for AdamW::step).
  at::Tensor add(Step step);
  // Waits for the device and forgets the steps. The first that was not finite; nullopt where all were, or none is left.
  std::optional<NotFinite> read();

  bool empty() const { return steps_.empty(); }
  bool full() const;                               // time to read
  double last_loss() const { return last_loss_; }  // of the last step that was read
  double last_norm() const { return last_norm_; }

 private:
  std::vector<Step> steps_;
  at::Tensor leave_;
  double last_loss_ = 0, last_norm_ = 0;
};

}  // namespace asterism::train
