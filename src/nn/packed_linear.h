#pragma once
// A linear layer whose weight is kept a second time in the order in which oneDNN multiplies fastest, for use without
// gradients: on CPUs a tenth to a third faster than at::linear, for twice the memory of the weight.

#include <ATen/ATen.h>

#include <memory>

#include "nn/linear.h"

namespace asterism::nn {

class PackedLinear {
 public:
  PackedLinear();
  ~PackedLinear();
  PackedLinear(const PackedLinear&);  // copies share what is kept
  PackedLinear(PackedLinear&&) noexcept;
  PackedLinear& operator=(const PackedLinear&);
  PackedLinear& operator=(PackedLinear&&) noexcept;

  // layer(x), then GELU (erf) where asked: [..., in] -> [..., out]. Always the same layer. The weight is packed at the
  // first call, and again after it was changed; for bfloat16 (of x, or under autocast) a second time. Where gradients
  // are recorded, for few rows, other types and other devices than CPUs it is the layer itself, and so where bfloat16
  // is multiplied by tiles (tile_linear.h: y is float32 then); under int8 product.h.
  at::Tensor operator()(const Linear& layer, const at::Tensor& x, bool gelu = false) const;

 private:
  struct Kept;
  std::shared_ptr<Kept> kept_;
};

}  // namespace asterism::nn
