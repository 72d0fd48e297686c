#include "nn/conv.h"

#include <vector>

#include "base/error.h"

namespace asterism::nn {

namespace {

at::Tensor make_weight(const Scope& scope, int64_t first, int64_t second, int64_t kernel, int64_t dimensions,
                       int64_t fan_in, int64_t fan_out) {
  std::vector<int64_t> shape{first, second};
  for (int64_t i = 0; i < dimensions; ++i) shape.push_back(kernel);
  return scope.parameter("weight", shape, Init::xavier(fan_in, fan_out));
}

int64_t power(int64_t kernel, int64_t dimensions) { return dimensions == 1 ? kernel : kernel * kernel; }

// [out, in / groups, k...]
at::Tensor forward_weight(const Scope& scope, int64_t in, int64_t out, const ConvSettings& s, int64_t dimensions) {
  ASTERISM_CHECK(in % s.groups == 0 && out % s.groups == 0, "{} -> {} channels in {} groups", in, out, s.groups);
  const int64_t area = power(s.kernel, dimensions);
  return make_weight(scope, out, in / s.groups, s.kernel, dimensions, area * in / s.groups, area * out / s.groups);
}

// [in, out / groups, k...]; each output sees kernel / stride inputs a dimension
at::Tensor transposed_weight(const Scope& scope, int64_t in, int64_t out, const ConvSettings& s, int64_t dimensions) {
  ASTERISM_CHECK(in % s.groups == 0 && out % s.groups == 0, "{} -> {} channels in {} groups", in, out, s.groups);
  const int64_t seen = power(std::max<int64_t>(1, s.kernel / s.stride), dimensions);
  return make_weight(scope, in, out / s.groups, s.kernel, dimensions, seen * in / s.groups, seen * out / s.groups);
}

at::Tensor make_bias(const Scope& scope, int64_t out, const ConvSettings& s) {
  return s.has_bias ? scope.parameter("bias", {out}, Init::zeros()) : at::Tensor();
}

}  // namespace

FastestConvolutions::FastestConvolutions(bool on) : before_(at::globalContext().benchmarkCuDNN()) {
  if (on) at::globalContext().setBenchmarkCuDNN(true);
}
FastestConvolutions::~FastestConvolutions() { at::globalContext().setBenchmarkCuDNN(before_); }

Conv1d::Conv1d(const Scope& scope, int64_t in, int64_t out, const ConvSettings& s)
    : weight(forward_weight(scope, in, out, s, 1)), bias(make_bias(scope, out, s)), settings(s) {}

at::Tensor Conv1d::operator()(const at::Tensor& x) const {
  return at::conv1d(x, weight, bias, {settings.stride}, {settings.padding}, {1}, settings.groups);
}

Conv2d::Conv2d(const Scope& scope, int64_t in, int64_t out, const ConvSettings& s)
    : weight(forward_weight(scope, in, out, s, 2)), bias(make_bias(scope, out, s)), settings(s) {}

at::Tensor Conv2d::operator()(const at::Tensor& x) const {
  return at::conv2d(x.contiguous(at::MemoryFormat::ChannelsLast), weight, bias, {settings.stride, settings.stride},
                    {settings.padding, settings.padding}, {1, 1}, settings.groups);
}

ConvTranspose1d::ConvTranspose1d(const Scope& scope, int64_t in, int64_t out, const ConvSettings& s)
    : weight(transposed_weight(scope, in, out, s, 1)), bias(make_bias(scope, out, s)), settings(s) {}

at::Tensor ConvTranspose1d::operator()(const at::Tensor& x) const {
  return at::conv_transpose1d(x, weight, bias, {settings.stride}, {settings.padding}, {0}, settings.groups);
}

ConvTranspose2d::ConvTranspose2d(const Scope& scope, int64_t in, int64_t out, const ConvSettings& s)
    : weight(transposed_weight(scope, in, out, s, 2)), bias(make_bias(scope, out, s)), settings(s) {}

at::Tensor ConvTranspose2d::operator()(const at::Tensor& x) const {
  return at::conv_transpose2d(x.contiguous(at::MemoryFormat::ChannelsLast), weight, bias,
                              {settings.stride, settings.stride}, {settings.padding, settings.padding}, {0, 0},
                              settings.groups);
}

}  // namespace asterism::nn
