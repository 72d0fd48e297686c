#pragma once
// Where a layer gets its weights: a place in the tree of names, and a seed. A first value depends on (seed, full name)
// alone, so that adding a layer changes no other layer's start.
//
//   nn::Parameters parameters;
//   nn::Scope scope(parameters, seed);
//   nn::Linear head(scope / "head", 64, 10);   // makes "head.weight" and "head.bias"

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <map>
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

// While one lives, this thread draws no first values: a file's follow, so every scope is as blank() makes it. DataError
// as soon as weights need more numbers than the file has bytes: a damaged config.json costs no memory and no hour.
class ValuesFollow {
 public:
  explicit ValuesFollow(const std::filesystem::path& file);
  ~ValuesFollow();
  ValuesFollow(const ValuesFollow&) = delete;
  ValuesFollow& operator=(const ValuesFollow&) = delete;

  void count(at::IntArrayRef shape);  // numbers about to be made

 private:
  std::string file_;
  double left_;
  ValuesFollow* outer_;
};

// Weights that are there already (a file's), to be taken instead of drawn ones: without a copy, and without ever
// drawing.
class GivenWeights {
 public:
  // `source` names them in messages.
  GivenWeights(std::map<std::string, at::Tensor> tensors, std::string source)
      : tensors_(std::move(tensors)), source_(std::move(source)) {}

  bool contains(const std::string& name) const { return tensors_.contains(name); }
  const at::Tensor& at(const std::string& name) const;  // DataError naming the nearest
  const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }
  const std::string& source() const { return source_; }

  // The tensor of this name, marked as used. DataError when it is missing or has another shape (a file's type other
  // than `dtype` is converted).
  at::Tensor take(const std::string& name, at::IntArrayRef shape, at::ScalarType dtype);
  // One tensor that a file may hold under either of two names, or both: it stands under `kept` from here on. DataError
  // when both are there and differ.
  void unite(const std::string& kept, const std::string& other);
  // DataError naming the first tensor that nothing took, and the nearest name among those that were.
  void check_all_taken() const;

 private:
  std::map<std::string, at::Tensor> tensors_;
  std::map<std::string, bool> taken_;
  std::string source_;
};

class Scope {
 public:
  // `parameters` must outlive the scope (not the layers: they hold handles). dtype: kDouble for gradient checks.
  explicit Scope(Parameters& parameters, uint64_t seed = 0, std::string prefix = "", at::ScalarType dtype = at::kFloat)
      : parameters_(&parameters), seed_(seed), prefix_(std::move(prefix)), dtype_(dtype) {}
  // Every parameter is taken from `given`; a buffer that is not there keeps its computed value.
  Scope(Parameters& parameters, GivenWeights& given) : Scope(parameters) { given_ = &given; }

  // The same place, but parameters are left uninitialised: for models whose values Parameters::load brings at once
  // (drawing 300 million first values takes seconds).
  Scope blank() const;

  Scope operator/(const std::string& child) const;
  Scope operator/(int64_t index) const { return *this / std::to_string(index); }

  at::Tensor parameter(const std::string& name, at::IntArrayRef shape, const Init& init) const;
  at::Tensor buffer(const std::string& name, const at::Tensor& value) const;
  at::Tensor statistic(const std::string& name, const at::Tensor& value) const;  // a buffer that stays on the CPU
  at::Tensor constant(const at::Tensor& value) const;  // follows the weights to a device; in no file
  // A weight whose rows hold several matrices (q, k, v): each part starts as a matrix of its own would (4M does so).
  at::Tensor parameter_parts(const std::string& name, int64_t parts, at::IntArrayRef part_shape,
                             const Init& init) const;

  uint64_t seed() const { return seed_; }
  at::ScalarType dtype() const { return dtype_; }
  const GivenWeights* given() const { return given_; }  // nullptr: weights are drawn
  std::string name(const std::string& child) const { return prefix_.empty() ? child : prefix_ + "." + child; }

 private:
  Parameters* parameters_;
  GivenWeights* given_ = nullptr;
  uint64_t seed_;
  std::string prefix_;
  at::ScalarType dtype_;
  bool blank_ = false;
};

}  // namespace asterism::nn
