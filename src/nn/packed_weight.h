#pragma once
// A weight kept a second time in the order in which oneDNN multiplies fastest, for use without gradients: on CPUs a
// tenth to a third faster than at::linear. packed_linear.h has it for a layer that changes, packed_encoder.h for a
// whole encoder.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "nn/int8_weight.h"
#include "nn/tile_matrix.h"

namespace asterism::nn {

// y = x W^T + b, then GELU (erf) where asked, without gradients, on a CPU, all of it float32 or all bfloat16:
// [..., in] -> [..., out]. Elsewhere, or where oneDNN is not built in or switched off, as at::linear. In kChar (CPUs)
// the weight is one of eight-bit integers, and of kBFloat16 made by of_type() one of tiles where the processor has them
// (tile_matrix.h): x and y are float32 then.
class PackedWeight {
 public:
  PackedWeight() = default;
  // rows: how many it is laid out for; others go through it as well.
  explicit PackedWeight(const at::Tensor& weight, const at::Tensor& bias, int64_t rows = 1024);
  static PackedWeight of_type(at::ScalarType type, const at::Tensor& weight, const at::Tensor& bias);
  bool by_tiles() const { return tiles_.defined() || bytes_.by_tiles(); }  // any number of rows is as fast
  at::Tensor operator()(const at::Tensor& x, bool gelu = false) const;
  at::Tensor gated(const at::Tensor& x) const;              // y [R, 2 H] -> silu(first half) * second [R, H] (SwiGLU)
  void add_to(at::Tensor& sum, const at::Tensor& x) const;  // sum += y

 private:
  at::Tensor multiplied_by_tiles(const at::Tensor& x, bool gelu) const;

  int64_t inputs_ = 0, outputs_ = 0;   // of tiles_
  at::Tensor packed_, weight_, bias_;  // weight_ only where there is no packed_
  Int8Weight bytes_;                   // instead of all of these
  TileMatrix tiles_;                   // instead of the weights
};

// Which weights were packed, and whether any was written to or moved since.
class PackedWeights {
 public:
  void watch(const at::Tensor& weight);  // undefined ones are none
  bool current() const;

 private:
  std::vector<at::Tensor> watched_;
  std::vector<int64_t> versions_;
  std::vector<at::Device> devices_;
};

}  // namespace asterism::nn
