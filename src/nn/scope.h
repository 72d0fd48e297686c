#pragma once
// Where a layer gets its weights: a place in the tree of names, and a seed. A first value depends on (seed, full name)
// alone, so that adding a layer changes no other layer's start.
//
//   nn::Parameters parameters;
//   nn::Scope scope(parameters, seed);
//   nn::Linear head(scope / "head", 64, 10);   // makes "head.weight" and "head.bias"

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

#include "nn/parameters.h"

namespace asterism::nn {

// How a weight starts.
struct Init {
  enum class Kind { constant, normal, uniform, truncated_normal } kind = Kind::constant;
  double scale = 0;  // the constant; the standard deviation; half the width of the uniform

  static Init zeros() { return {Kind::constant, 0}; }
  static Init ones() { return {Kind::constant, 1}; }
  static Init constant(double value) { return {Kind::constant, value}; }
  static Init normal(double deviation) { return {Kind::normal, deviation}; }
  static Init truncated_normal(double deviation) {
    return {Kind::truncated_normal, deviation};
  }  // cut at two deviations
  static Init uniform(double half_width) { return {Kind::uniform, half_width}; }
  static Init xavier(int64_t fan_in, int64_t fan_out);  // uniform, Glorot & Bengio 2010
  static Init kaiming(int64_t fan_in);                  // uniform with half width 1/sqrt(fan_in)
};

// A tensor of this shape filled from (seed, name).
at::Tensor initial_value(at::IntArrayRef shape, const Init& init, uint64_t seed, const std::string& name,
                         at::ScalarType dtype = at::kFloat);

class Scope {
 public:
  // `parameters` must outlive the scope (not the layers: they hold handles). dtype: kDouble for gradient checks.
  explicit Scope(Parameters& parameters, uint64_t seed = 0, std::string prefix = "", at::ScalarType dtype = at::kFloat)
      : parameters_(&parameters), seed_(seed), prefix_(std::move(prefix)), dtype_(dtype) {}

  // The same place, but parameters are left uninitialised: for models whose values Parameters::load brings at once
  // (drawing 300 million first values takes seconds).
  Scope blank() const;

  Scope operator/(const std::string& child) const;
  Scope operator/(int64_t index) const { return *this / std::to_string(index); }

  at::Tensor parameter(const std::string& name, at::IntArrayRef shape, const Init& init) const;
  at::Tensor buffer(const std::string& name, const at::Tensor& value) const;
  // A weight whose rows hold several matrices (q, k, v): each part starts as a matrix of its own would (4M does so).
  at::Tensor parameter_parts(const std::string& name, int64_t parts, at::IntArrayRef part_shape,
                             const Init& init) const;

  uint64_t seed() const { return seed_; }
  at::ScalarType dtype() const { return dtype_; }
  std::string name(const std::string& child) const { return prefix_.empty() ? child : prefix_ + "." + child; }

 private:
  Parameters* parameters_;
  uint64_t seed_;
  std::string prefix_;
  at::ScalarType dtype_;
  bool blank_ = false;
};

}  // namespace asterism::nn
