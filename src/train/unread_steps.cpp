#include "train/unread_steps.h"

#include <cmath>

namespace asterism::train {
namespace {

constexpr size_t kMostSteps = 100;

}  // namespace

at::Tensor UnreadSteps::add(Step step) {
  const at::NoGradGuard no_grad;
  const auto wrong = at::isfinite(step.loss + step.norm).logical_not().to(at::kFloat);
  leave_ = leave_.defined() ? at::maximum(leave_, wrong) : wrong;
  steps_.push_back(std::move(step));
  return leave_;
}

bool UnreadSteps::full() const { return steps_.size() >= kMostSteps; }

std::optional<UnreadSteps::NotFinite> UnreadSteps::read() {
  if (steps_.empty()) return std::nullopt;
  std::vector<at::Tensor> all;
  for (const auto& step : steps_) {
    all.push_back(step.loss.to(at::kDouble));
    all.push_back(step.norm.to(at::kDouble));
  }
  const auto numbers = at::stack(all).cpu();  // one wait for all
  const double* values = numbers.const_data_ptr<double>();
  const auto steps = std::move(steps_);
  steps_.clear();
  for (size_t i = 0; i < steps.size(); ++i)
    for (const auto& [what, value] :
         {std::pair("loss", values[2 * i]), std::pair("norm of the gradient", values[2 * i + 1])})
      if (!std::isfinite(value)) return NotFinite{steps[i].position, steps[i].context, what, value};
  last_loss_ = values[2 * steps.size() - 2];
  last_norm_ = values[2 * steps.size() - 1];
  return std::nullopt;
}

}  // namespace asterism::train
