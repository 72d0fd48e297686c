#pragma once
// What one step of learning returns: the loss to go down, and named figures to write down; and how it says that there
// is none.

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <utility>

#include "base/error.h"

namespace asterism::nn {

struct Outcome {
  at::Tensor loss;  // scalar, differentiable
  std::map<std::string, at::Tensor>
      figures;        // scalars, detached; read once per log line so that a step never waits for them
  double weight = 1;  // how many observations the loss is a mean of (for accumulating micro-batches)
};

// No object of the batch has what the task needs. Training passes such a batch over; any other error is one of the
// settings or the data and ends it.
class NothingToLearn : public base::UserError {
 public:
  using base::UserError::UserError;
};

// Formats as base::user_error does and throws NothingToLearn.
template <class... Args>
[[noreturn]] void nothing_to_learn(fmt::format_string<Args...> text, Args&&... args) {
  throw NothingToLearn(fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace asterism::nn
