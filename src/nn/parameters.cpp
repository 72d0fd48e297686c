#include "nn/parameters.h"

#include <fmt/ranges.h>

#include "base/error.h"
#include "nn/copy_finite.h"

namespace asterism::nn {

at::Tensor Parameters::add(const std::string& name, at::Tensor value) {
  ASTERISM_CHECK(!parameters_.contains(name) && !buffers_.contains(name), "name '{}' is taken", name);
  value.set_requires_grad(true);
  parameters_[name] = value;
  return value;
}

at::Tensor Parameters::add_buffer(const std::string& name, at::Tensor value) {
  ASTERISM_CHECK(!parameters_.contains(name) && !buffers_.contains(name), "name '{}' is taken", name);
  buffers_[name] = value;
  return value;
}

at::Tensor Parameters::add_statistic(const std::string& name, at::Tensor value) {
  statistics_.insert(name);
  return add_buffer(name, std::move(value));
}

at::Tensor Parameters::add_constant(at::Tensor value) {
  constants_.push_back(value);
  return value;
}

std::map<std::string, at::Tensor> Parameters::all() const {
  auto out = parameters_;
  out.insert(buffers_.begin(), buffers_.end());
  return out;
}

std::vector<at::Tensor> Parameters::trainable() const {
  std::vector<at::Tensor> out;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.requires_grad()) out.push_back(tensor);
  return out;
}

int64_t Parameters::count() const {
  int64_t n = 0;
  for (const auto& [name, tensor] : parameters_) n += tensor.numel();
  return n;
}

void Parameters::adopt(const std::string& prefix, const Parameters& other) {
  for (const auto& [name, tensor] : other.parameters_) {
    ASTERISM_CHECK(!parameters_.contains(prefix + name), "name '{}' is taken", prefix + name);
    parameters_[prefix + name] = tensor;
  }
  for (const auto& [name, tensor] : other.buffers_) {
    ASTERISM_CHECK(!buffers_.contains(prefix + name), "name '{}' is taken", prefix + name);
    buffers_[prefix + name] = tensor;
  }
  for (const auto& name : other.statistics_) statistics_.insert(prefix + name);
  constants_.insert(constants_.end(), other.constants_.begin(), other.constants_.end());
}

void Parameters::load(const std::map<std::string, at::Tensor>& values, const std::string& source) {
  const auto mine = all();
  std::vector<std::string> given, wanted;
  for (const auto& [name, tensor] : values) given.push_back(name);
  for (const auto& [name, tensor] : mine) wanted.push_back(name);
  for (const auto& [name, tensor] : values)
    if (!mine.contains(name))
      base::data_error("{}: tensor '{}' has no place in this model; the nearest name is '{}'.", source, name,
                       base::nearest(name, wanted));
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : mine) {
    const auto found = values.find(name);
    if (found == values.end())
      base::data_error("{}: tensor '{}' is missing; the nearest name in the file is '{}'.", source, name,
                       base::nearest(name, given));
    if (found->second.sizes() != tensor.sizes())
      base::data_error("{}: tensor '{}' has shape {}, the model needs {}.", source, name,
                       fmt::join(found->second.sizes(), "x"), fmt::join(tensor.sizes(), "x"));
    if (!copy_finite(tensor, found->second))
      base::data_error("{}: tensor '{}' holds values that are not finite: take another copy of the file.", source,
                       name);
  }
}

void Parameters::to(const at::Device& device) {
  at::NoGradGuard no_grad;
  zero_grad();
  const auto move = [&](at::Tensor& tensor) {
    if (tensor.device() != device) tensor.set_data(tensor.to(device));
  };
  for (auto& [name, tensor] : parameters_) move(tensor);
  for (auto& [name, tensor] : buffers_)
    if (!statistics_.contains(name)) move(tensor);
  for (auto& tensor : constants_) move(tensor);
}

at::Device Parameters::device() const {
  if (!parameters_.empty()) return parameters_.begin()->second.device();
  for (const auto& [name, tensor] : buffers_)
    if (!statistics_.contains(name)) return tensor.device();
  return at::kCPU;
}

void Parameters::set_trainable(const std::function<bool(const std::string&)>& choose) {
  for (auto& [name, tensor] : parameters_) tensor.set_requires_grad(choose(name));
}

void Parameters::zero_grad() {
  for (auto& [name, tensor] : parameters_) tensor.mutable_grad().reset();
}

}  // namespace asterism::nn
