#include "models/segment_decoder.h"

#include "base/error.h"
#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {

void add_segments(Segments& segments, const Rows& rows, const std::vector<int64_t>& placed) {
  segments.rows.insert(segments.rows.end(), placed.begin(), placed.end());
  for (size_t begin = 0, end = 0; begin < rows.object.size(); begin = end) {
    while (end < rows.object.size() && rows.object[end] == rows.object[begin]) ++end;
    segments.ranges.add(int64_t(end - begin));
  }
}

SegmentBlock::SegmentBlock(const nn::DecoderBlock& same)
    : norm1(same.norm1),
      query_norm(same.query_norm),
      context_norm(same.context_norm),
      norm2(same.norm2),
      self_attn(same.self_attn),
      cross_attn(same.cross_attn),
      mlp(same.mlp) {}

SegmentBlock::SegmentBlock(const nn::Scope& scope, const nn::TransformerSettings& settings, bool has_segments)
    : query_norm(scope / "query_norm", settings.width, settings.norm(), settings.epsilon),
      context_norm(scope / "context_norm", settings.width, settings.norm(), settings.epsilon),
      norm2(scope / "norm2", settings.width, settings.norm(), settings.epsilon),
      cross_attn(scope / "cross_attn", settings.attention()) {
  const auto hidden = settings.gated_mlp ? nn::Mlp::gated_hidden(settings.width, settings.mlp_ratio)
                                         : int64_t(settings.mlp_ratio * double(settings.width));
  mlp = nn::Mlp(scope / "mlp", settings.width, hidden, settings.width, settings.gated_mlp, settings.mlp_bias);
  if (!has_segments) return;
  norm1 = nn::LayerNorm(scope / "norm1", settings.width, settings.norm(), settings.epsilon);
  self_attn = nn::SelfAttention(scope / "self_attn", settings.attention());
}

SegmentDecoder::SegmentDecoder(const nn::Scope& scope, const nn::TransformerSettings& settings, bool has_segments)
    : dropout_(settings.dropout) {
  for (int64_t i = 0; i < settings.depth; ++i) blocks_.emplace_back(scope / i, settings, has_segments);
}

SegmentDecoder::SegmentDecoder(const nn::Decoder& same) : dropout_(0) {
  for (const auto& block : same.blocks) blocks_.emplace_back(block);
}

SegmentDecoder::Context SegmentDecoder::prepare(const at::Tensor& encoded_LD, const nn::Ranges& objects) const {
  Context out;
  for (const auto& block : blocks_)
    out.push_back(block.cross_attn.prepare(block.context_norm.for_product(encoded_LD), objects));
  return out;
}

at::Tensor SegmentDecoder::operator()(at::Tensor x_LD, const nn::Ranges& objects, const Segments& segments,
                                      const Context& context, const nn::DropKey& drop) const {
  ASTERISM_CHECK(context.size() == blocks_.size(), "{} contexts for {} layers", context.size(), blocks_.size());
  const auto inside = segments.rows.empty() ? at::Tensor() : nn::onto(x_LD.device(), segments.rows);
  for (size_t layer = 0; layer < blocks_.size(); ++layer) {
    const auto& block = blocks_[layer];
    const auto key = drop / layer;
    if (inside.defined() && block.norm1.weight.defined()) {
      const auto y_SD = block.self_attn.rows(block.norm1.for_product(x_LD.index_select(0, inside)), segments.ranges);
      x_LD = x_LD.index_add(0, inside, nn::dropout(y_SD, dropout_, key / 0).to(x_LD.scalar_type()));
    }
    const auto seen = block.cross_attn.rows(block.query_norm.for_product(x_LD), objects, context[layer]);
    const auto stream = nn::add_norm(x_LD, nn::dropout(seen, dropout_, key / 1), {}, block.norm2);
    x_LD = stream.sum + nn::dropout(block.mlp(stream.normed), dropout_, key / 2);
  }
  return x_LD;
}

}  // namespace asterism::models
