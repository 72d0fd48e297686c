#include "train/fresh_weights.h"

namespace asterism::train {

FreshWeights::FreshWeights(const nn::Parameters& parameters, const models::WarmStart& start) {
  for (const auto& [name, weight] : parameters.parameters()) {
    const auto found = start.fresh.find(name);
    if (found == start.fresh.end())
      held_.push_back(weight);
    else if (!found->second.all().item<bool>())
      partly_.push_back({weight, found->second.to(weight.device()), weight.detach().clone()});
  }
}

void FreshWeights::before_update() {
  at::NoGradGuard no_grad;
  for (auto& weight : held_) weight.mutable_grad().reset();
  for (auto& p : partly_)
    if (p.weight.grad().defined()) p.weight.mutable_grad().mul_(p.fresh);
}

void FreshWeights::after_update() {
  at::NoGradGuard no_grad;
  for (auto& p : partly_) p.weight.copy_(at::where(p.fresh, p.weight, p.old));
}

}  // namespace asterism::train
