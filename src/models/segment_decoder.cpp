#include "models/segment_decoder.h"

#include <algorithm>

#include "base/error.h"
#include "models/wrap.h"

namespace asterism::models {

Segments segments_of(const Rows& rows, const std::vector<int64_t>& slot) {
  std::vector<int64_t> starts;
  int64_t longest = 0;
  for (size_t r = 0; r < rows.object.size(); ++r)
    if (r == 0 || rows.object[r] != rows.object[r - 1]) starts.push_back(int64_t(r));
  const auto g = int64_t(starts.size());
  starts.push_back(rows.size());
  for (int64_t i = 0; i < g; ++i) longest = std::max(longest, starts[size_t(i + 1)] - starts[size_t(i)]);
  Segments out;
  out.slot_GS = at::zeros({g, longest}, at::kLong);
  out.mask_GS = at::zeros({g, longest}, at::kBool);
  std::vector<int64_t> real;
  for (int64_t i = 0; i < g; ++i) {
    const int64_t begin = starts[size_t(i)], count = starts[size_t(i + 1)] - begin;
    for (int64_t k = 0; k < count; ++k) {
      out.slot_GS.data_ptr<int64_t>()[i * longest + k] = slot[size_t(begin + k)];
      out.mask_GS.data_ptr<bool>()[i * longest + k] = true;
      real.push_back(i * longest + k);
    }
  }
  out.real_R = copied(real);
  out.slots_R = copied(slot);
  return out;
}

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

SegmentDecoder::Context SegmentDecoder::prepare(const at::Tensor& encoded_LD, const Packing& encoder) const {
  Context out;
  for (const auto& bucket : encoder.buckets) {
    const auto context_BTD = Packing::view(encoded_LD, bucket);
    auto& layers = out.layers.emplace_back();
    for (const auto& block : blocks_) layers.push_back(block.cross_attn.prepare(block.context_norm(context_BTD)));
    out.mask_BT.push_back(bucket.mask_BT);
  }
  return out;
}

at::Tensor SegmentDecoder::within_segments(const SegmentBlock& block, const at::Tensor& x_LD,
                                           const std::vector<Segments>& segments) const {
  auto out = at::zeros_like(x_LD.detach());
  for (const auto& s : segments) {
    if (s.slot_GS.numel() == 0) continue;
    const auto x_GSD = block.norm1(x_LD.index_select(0, s.slot_GS.flatten()).unflatten(0, s.slot_GS.sizes()));
    const auto y_GSD = block.self_attn(x_GSD, s.mask_GS);
    out = out.index_copy(0, s.slots_R,
                         y_GSD.flatten(0, 1).index_select(0, s.real_R).to(out.scalar_type()));  // bf16 under autocast
  }
  return out;
}

at::Tensor SegmentDecoder::operator()(at::Tensor x_LD, const Packing& packing, const std::vector<Segments>& segments,
                                      const Context& context, const nn::DropKey& drop) const {
  ASTERISM_CHECK(context.layers.size() == packing.buckets.size(), "{} contexts for {} buckets", context.layers.size(),
                 packing.buckets.size());
  for (size_t layer = 0; layer < blocks_.size(); ++layer) {
    const auto& block = blocks_[layer];
    const auto key = drop / layer;
    if (!segments.empty() && block.norm1.weight.defined())
      x_LD = x_LD + nn::dropout(within_segments(block, x_LD, segments), dropout_, key / 0);
    const auto query_LD = block.query_norm(x_LD);
    std::vector<at::Tensor> parts;
    for (size_t b = 0; b < packing.buckets.size(); ++b) {
      const auto y_BTD =
          block.cross_attn(Packing::view(query_LD, packing.buckets[b]), context.layers[b][layer], context.mask_BT[b]);
      parts.push_back(y_BTD.flatten(0, 1));
    }
    x_LD = x_LD + nn::dropout(parts.size() == 1 ? parts[0] : at::cat(parts, 0), dropout_, key / 1);
    x_LD = x_LD + nn::dropout(block.mlp(block.norm2(x_LD)), dropout_, key / 2);
  }
  return x_LD;
}

}  // namespace asterism::models
