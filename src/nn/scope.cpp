#include "nn/scope.h"

#include <fmt/ranges.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace asterism::nn {

Init Init::xavier(int64_t fan_in, int64_t fan_out) { return uniform(std::sqrt(6.0 / double(fan_in + fan_out))); }

Init Init::kaiming(int64_t fan_in) { return uniform(1 / std::sqrt(double(fan_in))); }

namespace {

double draw(const Init& init, base::Random& random) {
  switch (init.kind) {
    case Init::Kind::constant:
      return init.scale;
    case Init::Kind::normal:
      return init.scale * random.normal();
    case Init::Kind::uniform:
      return random.uniform(-init.scale, init.scale);
    case Init::Kind::truncated_normal: {
      double x = random.normal();
      while (std::abs(x) > 2) x = random.normal();
      return init.scale * x;
    }
  }
  return 0;
}

thread_local ValuesFollow* values_follow = nullptr;

// Room for values that something brings later.
at::Tensor room(at::IntArrayRef shape, at::ScalarType dtype) {
  if (values_follow) values_follow->count(shape);
  return at::empty(shape, dtype);
}

}  // namespace

ValuesFollow::ValuesFollow(const std::filesystem::path& file) : file_(file.string()), outer_(values_follow) {
  std::error_code error;
  left_ = double(std::filesystem::file_size(file, error));
  if (error) base::data_error("{} is not there or cannot be read: {}", file_, error.message());
  values_follow = this;
}

ValuesFollow::~ValuesFollow() { values_follow = outer_; }

void ValuesFollow::count(at::IntArrayRef shape) {
  double numbers = 1;
  for (const int64_t length : shape) numbers *= double(length);
  left_ -= numbers;
  if (left_ < 0)
    base::data_error(
        "{}: the config.json beside it describes a larger model than this file can hold (a tensor of shape {} is "
        "the first that has no room): take both from one copy of the model.",
        file_, fmt::join(shape, "x"));
}

at::Tensor initial_value(at::IntArrayRef shape, const Init& init, uint64_t seed, const std::string& name,
                         at::ScalarType dtype) {
  if (values_follow) return room(shape, dtype);
  if (init.kind == Init::Kind::constant) return at::full(shape, init.scale, dtype);
  auto value = at::empty(shape, dtype);
  base::Random random(seed, 0, base::stable_hash(name), "nn.initial_value");
  ASTERISM_CHECK(dtype == at::kFloat || dtype == at::kDouble, "weights are made in fp32 or fp64");
  const int64_t n = value.numel();
  if (dtype == at::kFloat) {
    float* out = value.data_ptr<float>();
    for (int64_t i = 0; i < n; ++i) out[i] = float(draw(init, random));
  } else {
    double* out = value.data_ptr<double>();
    for (int64_t i = 0; i < n; ++i) out[i] = draw(init, random);
  }
  return value;
}

namespace {

std::vector<std::string> names_of(const std::map<std::string, at::Tensor>& tensors) {
  std::vector<std::string> out;
  out.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) out.push_back(name);
  return out;
}

}  // namespace

const at::Tensor& GivenWeights::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    base::data_error("{}: tensor '{}' is missing; the nearest name in the file is '{}'.", source_, name,
                     base::nearest(name, names_of(tensors_)));
  return found->second;
}

at::Tensor GivenWeights::take(const std::string& name, at::IntArrayRef shape, at::ScalarType dtype) {
  const auto& tensor = at(name);
  if (tensor.sizes() != shape)
    base::data_error("{}: tensor '{}' has shape {}, the model needs {}.", source_, name, fmt::join(tensor.sizes(), "x"),
                     fmt::join(shape, "x"));
  if (!tensor.is_floating_point())
    base::data_error("{}: tensor '{}' holds {}, the model needs real numbers.", source_, name,
                     at::toString(tensor.scalar_type()));
  taken_[name] = true;
  return tensor.to(dtype);
}

void GivenWeights::unite(const std::string& kept, const std::string& other) {
  const auto second = tensors_.find(other);
  if (second == tensors_.end()) return;
  const auto [first, added] = tensors_.emplace(kept, second->second);
  const bool same = added || first->second.is_alias_of(second->second) || at::equal(first->second, second->second);
  if (!same)
    base::data_error("{}: '{}' and '{}' are one tensor in this model, but differ in the file.", source_, kept, other);
  tensors_.erase(second);
}

void GivenWeights::check_all_taken() const {
  std::vector<std::string> known;
  for (const auto& [name, unused] : taken_) known.push_back(name);
  for (const auto& [name, tensor] : tensors_)
    if (!taken_.contains(name))
      base::data_error("{}: tensor '{}' has no place in this model; the nearest name is '{}'.", source_, name,
                       base::nearest(name, known));
}

Scope Scope::operator/(const std::string& child) const {
  Scope out = *this;
  out.prefix_ = name(child);
  return out;
}

Scope Scope::blank() const {
  Scope out = *this;
  out.blank_ = true;
  return out;
}

at::Tensor Scope::parameter(const std::string& child, at::IntArrayRef shape, const Init& init) const {
  if (given_) return parameters_->add(name(child), given_->take(name(child), shape, dtype_));
  if (blank_) return parameters_->add(name(child), room(shape, dtype_));
  return parameters_->add(name(child), initial_value(shape, init, seed_, name(child), dtype_));
}

at::Tensor Scope::buffer(const std::string& child, const at::Tensor& value) const {
  if (given_ && given_->contains(name(child)))
    return parameters_->add_buffer(name(child), given_->take(name(child), value.sizes(), value.scalar_type()));
  return parameters_->add_buffer(name(child), value);
}

at::Tensor Scope::statistic(const std::string& child, const at::Tensor& value) const {
  if (given_ && given_->contains(name(child)))
    return parameters_->add_statistic(name(child), given_->take(name(child), value.sizes(), value.scalar_type()));
  return parameters_->add_statistic(name(child), value);
}

at::Tensor Scope::constant(const at::Tensor& value) const { return parameters_->add_constant(value); }

at::Tensor Scope::parameter_parts(const std::string& child, int64_t parts, at::IntArrayRef part_shape,
                                  const Init& init) const {
  if (given_) {
    auto whole = part_shape.vec();
    whole.at(0) *= parts;
    return parameter(child, whole, init);
  }
  if (blank_) {
    auto shape = part_shape.vec();
    shape.front() *= parts;
    return parameters_->add(name(child), room(shape, dtype_));
  }
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < parts; ++i)
    rows.push_back(initial_value(part_shape, init, seed_, name(child) + "#" + std::to_string(i), dtype_));
  return parameters_->add(name(child), at::cat(rows, 0));
}

}  // namespace asterism::nn
