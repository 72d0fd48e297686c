#pragma once
// An encoder for inference: gate and value of SwiGLU in one product, sums in place, rows of objects of different
// lengths without padding. On CPUs its weights are laid out once as oneDNN wants them (1.2 to 1.4 times the products
// per second of a plain BLAS call), and a few objects go through it at a time so that the widest rows stay in the
// cache. `type` may be bfloat16: then weights, norms and rows are, all the way through. On CPUs it may be kChar:
// products of eight-bit integers (int8_weight.h). Letters: R rows, D width.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "nn/packed_layers.h"
#include "nn/packed_weight.h"
#include "nn/ranges.h"
#include "nn/transformer.h"

namespace asterism::nn {

class PackedEncoder {
 public:
  PackedEncoder() = default;
  explicit PackedEncoder(const Encoder& encoder, at::ScalarType type = at::kFloat);
  at::ScalarType type() const { return type_; }

  // False once a weight was written to after it was packed: then pack again.
  bool current() const { return weights_.current(); }

  // The first `depth` blocks (-1: all), as Encoder::rows gives them without dropout.
  at::Tensor rows(const at::Tensor& x_RD, const Ranges& groups, int64_t depth = -1) const;

 private:
  struct Block {
    LayerNorm norm1, norm2;
    SelfAttention attention;  // settings and norms of it
    PackedWeight qkv, proj;
    PackedMlp mlp;
  };
  void advance(at::Tensor& x_RD, const Ranges& groups, const Block& block) const;

  std::vector<Block> blocks_;
  PackedWeights weights_;
  at::ScalarType type_ = at::kFloat;
};

}  // namespace asterism::nn
