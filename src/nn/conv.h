#pragma once
// Convolutions. Two-dimensional weights and tensors are kept channels-last in memory (shapes stay [B, C, H, W]).

#include "nn/scope.h"

namespace asterism::nn {

struct ConvSettings {
  int64_t kernel = 3, stride = 1, padding = 0, groups = 1;
  bool has_bias = true;
  static ConvSettings same(int64_t kernel) { return {kernel, 1, kernel / 2, 1, true}; }  // odd kernels keep the size
  static ConvSettings patches(int64_t size) { return {size, size, 0, 1, true}; }         // one output per patch
  static ConvSettings depthwise(int64_t kernel, int64_t channels) { return {kernel, 1, kernel / 2, channels, true}; }
};

// While it lives and where `on`, cuDNN tries its ways on the first tensors of each shape and keeps the fastest: its own
// guess in bfloat16 is up to twice as slow. For networks that see many batches of one shape; a new one costs tenths of
// a second, and two runs may differ by rounding. Nothing on a CPU.
class FastestConvolutions {
 public:
  explicit FastestConvolutions(bool on = true);
  ~FastestConvolutions();
  FastestConvolutions(const FastestConvolutions&) = delete;
  FastestConvolutions& operator=(const FastestConvolutions&) = delete;

 private:
  bool before_;
};

// "weight" [out, in / groups, k], "bias" [out]; x [B, in, L].
struct Conv1d {
  Conv1d() = default;
  Conv1d(const Scope& scope, int64_t in, int64_t out, const ConvSettings& settings);
  at::Tensor operator()(const at::Tensor& x_BCL) const;
  at::Tensor weight, bias;
  ConvSettings settings;
};

// "weight" [out, in / groups, k, k], "bias" [out]; x [B, in, H, W].
struct Conv2d {
  Conv2d() = default;
  Conv2d(const Scope& scope, int64_t in, int64_t out, const ConvSettings& settings);
  at::Tensor operator()(const at::Tensor& x_BCHW) const;
  at::Tensor weight, bias;
  ConvSettings settings;
};

// "weight" [in, out / groups, k], "bias" [out].
struct ConvTranspose1d {
  ConvTranspose1d() = default;
  ConvTranspose1d(const Scope& scope, int64_t in, int64_t out, const ConvSettings& settings);
  at::Tensor operator()(const at::Tensor& x_BCL) const;
  at::Tensor weight, bias;
  ConvSettings settings;
};

// "weight" [in, out / groups, k, k], "bias" [out].
struct ConvTranspose2d {
  ConvTranspose2d() = default;
  ConvTranspose2d(const Scope& scope, int64_t in, int64_t out, const ConvSettings& settings);
  at::Tensor operator()(const at::Tensor& x_BCHW) const;
  at::Tensor weight, bias;
  ConvSettings settings;
};

}  // namespace asterism::nn
