#include "nn/optim.h"

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace asterism::nn {

void AdamWSettings::describe(config::Fields& f) {
  f.add("learning_rate", learning_rate, "at its peak").between(0, 10);
  f.add("beta1", beta1, "memory of the gradient's mean").between(0, 0.99999);
  f.add("beta2", beta2, "memory of the gradient's square").between(0, 0.9999999);
  f.add("epsilon", epsilon, "added to the root of the square").between(1e-20, 1);
  f.add("weight_decay", weight_decay, "of matrices, times the learning rate, a step").between(0, 10);
  f.add("final_weight_decay", final_weight_decay, "reached at the end along a cosine; -1: it stays").between(-1, 10);
  f.add("clip_norm", clip_norm, "largest norm of all gradients together; 0: none").between(0, 1e9);
  f.add("schedule", schedule, "how the rate falls after the warm-up").one_of({"cosine", "constant", "linear"});
  f.add("warmup", warmup, "share of all steps over which the rate rises").between(0, 1);
  f.add("final_fraction", final_fraction, "of the peak rate, at the end").between(0, 1);
}

double learning_rate(const AdamWSettings& s, int64_t step, int64_t total_steps) {
  const double warm = s.warmup * double(total_steps), at = double(step) + 1;
  if (at < warm) return s.learning_rate * at / warm;
  if (s.schedule == "constant") return s.learning_rate;
  const double span = std::max(1.0, double(total_steps) - warm);
  const double done = std::clamp((double(step) - warm) / span, 0.0, 1.0);
  const double left = s.schedule == "linear" ? 1 - done : 0.5 * (1 + std::cos(std::numbers::pi * done));
  return s.learning_rate * (s.final_fraction + (1 - s.final_fraction) * left);
}

double weight_decay(const AdamWSettings& s, int64_t step, int64_t total_steps) {
  if (s.final_weight_decay < 0) return s.weight_decay;
  const double done = std::clamp(double(step) / std::max(1.0, double(total_steps)), 0.0, 1.0);
  return s.final_weight_decay + (s.weight_decay - s.final_weight_decay) * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

at::Tensor clip_gradients(const std::vector<at::Tensor>& parameters, double max_norm) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const auto& p : parameters)
    if (p.grad().defined()) gradients.push_back(p.grad());
  if (gradients.empty()) return at::zeros({});
  auto norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2)));
  if (max_norm <= 0) return norm;
  // stays on the device: no wait for the number
  auto factor = (max_norm / (norm + 1e-12)).clamp_max(1);
  factor = at::where(at::isfinite(norm), factor, at::ones({}, factor.options()));
  at::_foreach_mul_(gradients, factor);
  return norm;
}

namespace {

bool is_matrix(const at::Tensor& tensor) {
  int large = 0;
  for (const int64_t size : tensor.sizes()) large += size > 1;
  return large >= 2;
}

}  // namespace

AdamW::AdamW(Parameters& parameters, AdamWSettings settings) : settings_(std::move(settings)) {
  for (const auto& [name, tensor] : parameters.parameters()) {
    if (!tensor.requires_grad()) continue;
    Entry entry;
    entry.name = name;
    entry.weight = tensor;
    entry.first = at::zeros_like(tensor).detach();
    entry.second = at::zeros_like(tensor).detach();
    entry.steps = at::zeros({}, tensor.options().dtype(at::kFloat).requires_grad(false));
    entry.decays = is_matrix(tensor);
    entries_.push_back(std::move(entry));
  }
}

void AdamW::set_rate_factor(const std::function<double(const std::string&)>& factor) {
  for (auto& entry : entries_) entry.factor = factor(entry.name);
}

void AdamW::step(double rate, double weight_decay, const at::Tensor& leave) {
  at::NoGradGuard no_grad;
  struct Group {
    std::vector<at::Tensor> weights, gradients, first, second, steps;
  };
  std::map<std::pair<double, double>, Group> groups;  // (rate factor, decay)
  for (const auto& entry : entries_) {
    const auto& gradient = entry.weight.grad();
    if (!gradient.defined() || entry.factor == 0) continue;
    Group& group = groups[{entry.factor, entry.decays ? weight_decay : 0}];
    group.weights.push_back(entry.weight.detach());
    // the fused kernel wants gradient and weight to lie alike in memory
    group.gradients.push_back(
        gradient.strides() == entry.weight.strides() ? gradient : at::empty_like(entry.weight).copy_(gradient));
    group.first.push_back(entry.first);
    group.second.push_back(entry.second);
    group.steps.push_back(entry.steps);
  }
  for (auto& [key, group] : groups) {
    at::_foreach_add_(group.steps, 1);
    at::_fused_adamw_(group.weights, group.gradients, group.first, group.second, {}, group.steps, rate * key.first,
                      settings_.beta1, settings_.beta2, key.second, settings_.epsilon, false, false, {},
                      leave.defined() ? std::optional(leave) : std::nullopt);
    // The fused kernel does not say that it wrote; who keeps packed copies of weights goes by their versions.
    for (const auto& weight : group.weights) weight.unsafeGetTensorImpl()->bump_version();
  }
}

std::map<std::string, at::Tensor> AdamW::state() const {
  std::map<std::string, at::Tensor> out;
  for (const auto& entry : entries_) {
    out[entry.name + ".exp_avg"] = entry.first;
    out[entry.name + ".exp_avg_sq"] = entry.second;
    out[entry.name + ".step"] = entry.steps;
  }
  return out;
}

void AdamW::load_state(const std::map<std::string, at::Tensor>& state, const std::string& source) {
  Parameters shell;
  for (const auto& [name, tensor] : this->state()) shell.add_buffer(name, tensor);
  shell.load(state, source);
}

}  // namespace asterism::nn
