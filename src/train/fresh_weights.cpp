#include "train/fresh_weights.h"

#include <filesystem>

#include "base/error.h"
#include "base/log.h"

namespace asterism::train {

std::optional<models::WarmStart> start_from_another(Objective& objective, const TrainSettings& settings, int64_t step) {
  if (settings.init.empty()) {
    if (settings.new_first > 0)
      base::user_error("train.new_first has no effect without train.init: set it, or take it out");
    return std::nullopt;
  }
  if (step > 0 && step >= settings.new_first) return std::nullopt;
  if (!std::filesystem::exists(settings.init))
    base::user_error("train.init: there is no '{}'; name the folder of a model", settings.init);
  auto start = objective.start_from(settings.init);
  base::log_info("from {}: {}", settings.init, start.text());
  if (settings.new_first <= 0) return std::nullopt;
  if (start.fresh.empty())
    base::user_error("train.new_first = {}, but {} brings every weight of this model: set it to 0", settings.new_first,
                     settings.init);
  return start;
}

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
