#include "models/segment_decoder.h"

#include <optional>

#include "base/error.h"
#include "models/picked_rows.h"
#include "nn/autocast.h"

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
  // read by the norm of every layer, and its gradients added up: half the memory traffic where products are narrow
  const bool wide = !encoded_LD.is_cpu() && encoded_LD.scalar_type() == at::kFloat;
  const auto x_LD = wide ? encoded_LD.to(nn::type_on(encoded_LD.device())) : encoded_LD;
  for (const auto& block : blocks_)
    out.push_back(block.cross_attn.prepare(block.context_norm.for_product(x_LD), objects));
  return out;
}

at::Tensor SegmentDecoder::operator()(const at::Tensor& x_LD, const nn::Ranges& objects, const Segments& segments,
                                      const Context& context, const nn::DropKey& drop) const {
  ASTERISM_CHECK(context.size() == blocks_.size(), "{} contexts for {} layers", context.size(), blocks_.size());
  std::optional<PickedRows> inside;
  if (!segments.rows.empty()) inside.emplace(segments.rows, x_LD.size(0), x_LD.device());
  const auto looks_inside = [&](const SegmentBlock& block) { return inside && block.norm1.weight.defined(); };
  // each norm is taken with the sum before it, which a GPU does in one pass; so each layer ends with the next one's
  const auto first_norm = [&](const SegmentBlock& block) -> const nn::LayerNorm& {
    return looks_inside(block) ? block.norm1 : block.query_norm;
  };
  if (blocks_.empty()) return x_LD;
  nn::SumAndNorm stream{x_LD, first_norm(blocks_.front()).for_product(x_LD)};
  for (size_t layer = 0; layer < blocks_.size(); ++layer) {
    const auto& block = blocks_[layer];
    const auto key = drop / layer;
    if (looks_inside(block)) {
      const auto y_SD = block.self_attn.rows(inside->pick(stream.normed), segments.ranges);
      stream = nn::add_norm(stream.sum, inside->spread(nn::dropout(y_SD, dropout_, key / 0)), {}, block.query_norm);
    }
    const auto seen = block.cross_attn.rows(stream.normed, objects, context[layer]);
    stream = nn::add_norm(stream.sum, nn::dropout(seen, objects, dropout_, key / 1), {}, block.norm2);
    const auto y_LD = nn::dropout(block.mlp(stream.normed), objects, dropout_, key / 2);
    if (layer + 1 == blocks_.size()) return stream.sum + y_LD;
    stream = nn::add_norm(stream.sum, y_LD, {}, first_norm(blocks_[layer + 1]));
  }
  return stream.sum;
}

}  // namespace asterism::models
