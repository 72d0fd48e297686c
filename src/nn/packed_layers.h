#pragma once
// What encoders and decoders for inference are made of (packed_encoder.h, packed_decoder.h). Letters: R rows, D width.

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "nn/autocast.h"
#include "nn/mlp.h"
#include "nn/norm.h"
#include "nn/packed_weight.h"
#include "nn/ranges.h"

namespace asterism::nn {

// norm(x) of x [R, D] or [R, H, d], in the type of x, whatever the norm's weights are in. On CPUs x may be cut out of
// something wider: it is not copied.
at::Tensor normed(const LayerNorm& norm, const at::Tensor& x);

// Rows as the layers read them; while it lives, nothing else changes their type. Where bfloat16 is multiplied by tiles
// (tile_matrix.h) they stay floats.
struct ComputedRows {
  ComputedRows(at::ScalarType type, const at::Tensor& x);
  std::unique_ptr<Autocast> plain;
  at::Tensor input;
};

// Groups that go through all blocks together: where each part starts, and the number of groups. On a CPU each thread
// takes some of the parts.
std::vector<int64_t> groups_together(const Ranges& groups, bool on_cpu);

// A copy of x [R, D] in `type`, of which work(first, end, rows) changes the rows of groups [first, end) in place, part
// by part as above; back in x's type.
using PartWork = std::function<void(int64_t first, int64_t end, at::Tensor& rows_RD)>;
at::Tensor changed_in_parts(at::ScalarType type, const at::Tensor& x_RD, const Ranges& groups, const PartWork& work);

// The network of a block: gate and value of SwiGLU in one product.
class PackedMlp {
 public:
  PackedMlp() = default;
  PackedMlp(const Mlp& from, at::ScalarType type, PackedWeights& watched);
  void add_to(at::Tensor& sum_RD, const at::Tensor& rows_RD) const;  // sum += mlp(rows)

 private:
  void add_some(at::Tensor& sum_RD, const at::Tensor& rows_RD) const;

  PackedWeight first_, second_;
  Activation activation_ = Activation::gelu;
  bool gated_ = false;
};

}  // namespace asterism::nn
