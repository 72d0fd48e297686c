#pragma once
// A decoder whose self-attention stays among the tokens of one object and one modality (4M's decoder_sep_mask), with
// cross-attention to everything the encoder saw. Objects lie in packed rows; single-token targets skip the
// self-attention, and a decoder for such targets alone has none. Letters: L slots, D width, G segments, S tokens of a
// segment.

#include <ATen/ATen.h>

#include <vector>

#include "models/packing.h"
#include "nn/transformer.h"

namespace asterism::models {

// The segments of one modality: slots [G, S] (padded with 0), which of them are real, and the real ones' slots in
// order.
struct Segments {
  at::Tensor slot_GS, mask_GS;  // int64, bool
  at::Tensor real_R;            // positions in the flattened [G * S] that are real
  at::Tensor slots_R;           // their slots
};

// Segments of one candidate's rows (rows of an object follow each other).
Segments segments_of(const Rows& rows, const std::vector<int64_t>& slot);

struct SegmentBlock {
  SegmentBlock(const nn::Scope& scope, const nn::TransformerSettings& settings, bool has_segments);
  nn::LayerNorm norm1, query_norm, context_norm, norm2;
  nn::SelfAttention self_attn;
  nn::CrossAttention cross_attn;
  nn::Mlp mlp;
};

class SegmentDecoder {
 public:
  SegmentDecoder(const nn::Scope& scope, const nn::TransformerSettings& settings, bool has_segments);

  // What cross-attention needs of the encoder's output, per bucket and layer: made once, used by every step of
  // sampling.
  struct Context {
    std::vector<std::vector<nn::CrossAttention::Context>> layers;  // [bucket][layer]
    std::vector<at::Tensor> mask_BT;                               // by bucket
  };
  Context prepare(const at::Tensor& encoded_LD, const Packing& encoder) const;

  // x [L, D] laid out by `packing` (same buckets as the encoder's) -> [L, D].
  at::Tensor operator()(at::Tensor x_LD, const Packing& packing, const std::vector<Segments>& segments,
                        const Context& context, const nn::DropKey& drop = {}) const;

 private:
  at::Tensor within_segments(const SegmentBlock& block, const at::Tensor& x_LD,
                             const std::vector<Segments>& segments) const;
  std::vector<SegmentBlock> blocks_;
  double dropout_;
};

}  // namespace asterism::models
