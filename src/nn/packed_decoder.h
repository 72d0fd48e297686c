#pragma once
// A decoder for inference, as packed_encoder.h has an encoder: its weights laid out once, sums in place, rows of
// objects of different lengths without padding. Two parts, since a forward pass to few targets needs little of the
// second. Letters: R rows of the decoder, S of the encoder, D width.

#include <ATen/ATen.h>

#include <vector>

#include "nn/packed_layers.h"
#include "nn/packed_weight.h"
#include "nn/ranges.h"
#include "nn/transformer.h"

namespace asterism::nn {

// The keys and values that a decoder's cross-attention makes of the encoder's rows, by block: once for each object, the
// larger part of a forward pass to few targets.
class PackedContexts {
 public:
  PackedContexts() = default;
  explicit PackedContexts(const Decoder& decoder, at::ScalarType type = at::kFloat);
  at::ScalarType type() const { return type_; }
  bool current() const { return weights_.current(); }
  std::vector<CrossAttention::RowContext> prepare(const at::Tensor& context_SD, const Ranges& objects) const;

 private:
  struct Block {
    LayerNorm context_norm, k_norm;
    PackedWeight kv;
    AttentionSettings settings;
  };
  std::vector<Block> blocks_;
  PackedWeights weights_;
  at::ScalarType type_ = at::kFloat;
};

// The rest of it.
class PackedDecoder {
 public:
  PackedDecoder() = default;
  explicit PackedDecoder(const Decoder& decoder, at::ScalarType type = at::kFloat);
  at::ScalarType type() const { return type_; }
  bool current() const { return weights_.current(); }

  // All blocks on x [R, D], without dropout. Group g of `objects` sees group g of the context; self-attention is among
  // the rows of a segment, each of which lies within one object, and together they are all rows.
  at::Tensor rows(const at::Tensor& x_RD, const Ranges& objects, const Ranges& segments,
                  const std::vector<CrossAttention::RowContext>& context) const;

 private:
  struct Block {
    LayerNorm norm1, query_norm, norm2;
    SelfAttention self;  // settings and norms
    CrossAttention cross;
    PackedWeight qkv, self_proj, q, cross_proj;
    PackedMlp mlp;
  };
  void advance(at::Tensor& x_RD, const Ranges& objects, const Ranges& segments, const Block& block,
               const CrossAttention::RowContext& context) const;

  std::vector<Block> blocks_;
  PackedWeights weights_;
  at::ScalarType type_ = at::kFloat;
};

}  // namespace asterism::nn
