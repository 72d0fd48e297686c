#pragma once
// A decoder whose self-attention stays among the tokens of one object and one modality (4M's decoder_sep_mask), with
// cross-attention to everything the encoder saw. Rows lie without padding (packing.h); single-token targets skip the
// self-attention, and a decoder for such targets alone has none. Letters: L rows, D width.

#include <ATen/ATen.h>

#include <vector>

#include "models/packing.h"
#include "nn/transformer.h"

namespace asterism::models {

// The rows of L that have self-attention, segment after segment.
struct Segments {
  std::vector<int64_t> rows;
  nn::Ranges ranges;  // of `rows`
};

// Adds the segments of one candidate's rows (those of an object follow each other), which lie at `placed`.
void add_segments(Segments& segments, const Rows& rows, const std::vector<int64_t>& placed);

struct SegmentBlock {
  explicit SegmentBlock(const nn::DecoderBlock& same_weights);
  SegmentBlock(const nn::Scope& scope, const nn::TransformerSettings& settings, bool has_segments);
  nn::LayerNorm norm1, query_norm, context_norm, norm2;
  nn::SelfAttention self_attn;
  nn::CrossAttention cross_attn;
  nn::Mlp mlp;
};

class SegmentDecoder {
 public:
  SegmentDecoder(const nn::Scope& scope, const nn::TransformerSettings& settings, bool has_segments);
  explicit SegmentDecoder(const nn::Decoder& same_weights);  // without dropout

  // What cross-attention needs of the encoder's output, by layer: made once, used by every step of sampling.
  using Context = std::vector<nn::CrossAttention::RowContext>;
  Context prepare(const at::Tensor& encoded_LD, const nn::Ranges& objects) const;

  // x [L, D], cut into the same objects as the encoder's -> [L, D].
  at::Tensor operator()(const at::Tensor& x_LD, const nn::Ranges& objects, const Segments& segments,
                        const Context& context, const nn::DropKey& drop = {}) const;

 private:
  std::vector<SegmentBlock> blocks_;
  double dropout_;
};

}  // namespace asterism::models
