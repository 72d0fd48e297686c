#include "nn/ema.h"

#include "base/error.h"

namespace asterism::nn {

void move_averages(const std::vector<at::Tensor>& averages, const std::vector<at::Tensor>& weights, double decay) {
  const at::NoGradGuard no_grad;
  if (!averages.empty()) at::_foreach_lerp_(averages, weights, 1 - decay);
}

WeightAverage::WeightAverage(Parameters& parameters, double decay) : parameters_(parameters), decay_(decay) {
  ASTERISM_CHECK(decay >= 0 && decay < 1, "decay {}", decay);
  for (const auto& [name, tensor] : parameters.parameters())
    if (tensor.requires_grad()) average_[name] = tensor.detach().clone();
}

void WeightAverage::update() {
  ++updates_;
  const double t = double(updates_), decay = std::min(decay_, (1 + t) / (10 + t));
  std::vector<at::Tensor> mine, theirs;
  for (const auto& [name, average] : average_) {
    mine.push_back(average);
    theirs.push_back(parameters_.parameters().at(name).detach());
  }
  move_averages(mine, theirs, decay);
}

std::map<std::string, at::Tensor> WeightAverage::state() const {
  auto out = average_;
  out["updates"] = at::full({}, updates_, at::kLong);
  return out;
}

void WeightAverage::load_state(const std::map<std::string, at::Tensor>& state, const std::string& source) {
  auto weights = state;
  const auto updates = weights.find("updates");
  if (updates == weights.end()) base::data_error("{}: tensor 'updates' of the weight average is missing.", source);
  updates_ = updates->second.item<int64_t>();
  weights.erase(updates);
  Parameters shell;
  for (const auto& [name, tensor] : average_) shell.add_buffer(name, tensor);
  shell.load(weights, source);
}

WeightAverage::Swap::Swap(WeightAverage& average) : average_(average) { exchange(); }
WeightAverage::Swap::~Swap() { exchange(); }

void WeightAverage::Swap::exchange() {
  at::NoGradGuard no_grad;
  for (auto& [name, average] : average_.average_) {
    const auto weight = average_.parameters_.parameters().at(name).detach();
    const auto kept = weight.clone();
    weight.copy_(average);
    average.copy_(kept);
  }
}

}  // namespace asterism::nn
