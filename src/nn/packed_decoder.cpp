#include "nn/packed_decoder.h"

#include <algorithm>

#include "base/error.h"
#include "nn/ragged_attention.h"

namespace asterism::nn {
namespace {

// Those that make up rows [begin, end), of which none may reach beyond.
Ranges segments_between(const Ranges& segments, int64_t begin, int64_t end) {
  const auto& all = segments.starts;
  const auto first = std::lower_bound(all.begin(), all.end(), begin), last = std::upper_bound(first, all.end(), end);
  ASTERISM_CHECK(first != all.end() && *first == begin && *(last - 1) == end, "no segments end at rows {} and {}",
                 begin, end);
  return segments.between(first - all.begin(), last - 1 - all.begin());
}

}  // namespace

PackedContexts::PackedContexts(const Decoder& decoder, at::ScalarType type) : type_(type) {
  at::NoGradGuard no_grad;
  for (const auto& from : decoder.blocks) {
    const auto& attention = from.cross_attn;
    blocks_.push_back({from.context_norm, attention.k_norm,
                       PackedWeight::of_type(type, attention.kv.weight, attention.kv.bias), attention.settings});
    weights_.watch(attention.kv.weight);
    weights_.watch(attention.kv.bias);
  }
}

std::vector<CrossAttention::RowContext> PackedContexts::prepare(const at::Tensor& context_SD,
                                                                const Ranges& objects) const {
  at::NoGradGuard no_grad;
  const ComputedRows computed(type_, context_SD);
  std::vector<CrossAttention::RowContext> out;
  for (const auto& b : blocks_) {
    const int64_t H = b.settings.heads, d = b.settings.width / H;
    const auto kv = b.kv(normed(b.context_norm, computed.input)).view({context_SD.size(0), 2, H, d}).unbind(1);
    out.push_back({b.settings.qk_norm ? normed(b.k_norm, kv[0]) : kv[0], kv[1], objects});
  }
  return out;
}

PackedDecoder::PackedDecoder(const Decoder& decoder, at::ScalarType type) : type_(type) {
  at::NoGradGuard no_grad;
  const auto packed = [&](const Linear& layer) {
    weights_.watch(layer.weight);
    weights_.watch(layer.bias);
    return PackedWeight::of_type(type, layer.weight, layer.bias);
  };
  for (const auto& from : decoder.blocks)
    blocks_.push_back({from.norm1, from.query_norm, from.norm2, from.self_attn, from.cross_attn,
                       packed(from.self_attn.qkv), packed(from.self_attn.proj), packed(from.cross_attn.q),
                       packed(from.cross_attn.proj), PackedMlp(from.mlp, type, weights_)});
}

void PackedDecoder::advance(at::Tensor& x_RD, const Ranges& objects, const Ranges& segments, const Block& b,
                            const CrossAttention::RowContext& context) const {
  const auto& s = b.self.settings;
  const auto normed_where = [](bool asked, const LayerNorm& norm, const at::Tensor& x) {
    return asked ? normed(norm, x) : x;
  };
  const auto qkv = b.qkv(normed(b.norm1, x_RD)).view({x_RD.size(0), 3, s.heads, s.width / s.heads}).unbind(1);
  const auto q_self = normed_where(s.qk_norm, b.self.q_norm, qkv[0]),
             k_self = normed_where(s.qk_norm, b.self.k_norm, qkv[1]);
  b.self_proj.add_to(x_RD, attend_ragged_inference(q_self, k_self, qkv[2], segments, segments).flatten(1));
  const auto& c = b.cross.settings;
  const auto q = b.q(normed(b.query_norm, x_RD)).view({x_RD.size(0), c.heads, c.width / c.heads});
  b.cross_proj.add_to(x_RD, attend_ragged_inference(normed_where(c.qk_norm, b.cross.q_norm, q), context.k_SHd,
                                                    context.v_SHd, objects, context.groups)
                                .flatten(1));
  b.mlp.add_to(x_RD, normed(b.norm2, x_RD));
}

at::Tensor PackedDecoder::rows(const at::Tensor& x_RD, const Ranges& objects, const Ranges& segments,
                               const std::vector<CrossAttention::RowContext>& context) const {
  at::NoGradGuard no_grad;
  ASTERISM_CHECK(objects.rows() == x_RD.size(0) && segments.rows() == x_RD.size(0) && context.size() == blocks_.size(),
                 "{} rows for {} of objects and {} of segments, {} contexts for {} blocks", x_RD.size(0),
                 objects.rows(), segments.rows(), context.size(), blocks_.size());
  return changed_in_parts(type_, x_RD, objects, [&](int64_t first, int64_t end, at::Tensor& part) {
    const auto own = objects.between(first, end);
    const auto inside = segments_between(segments, objects.starts[size_t(first)], objects.starts[size_t(end)]);
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const auto& all = context[i];
      const int64_t key = all.groups.starts[size_t(first)], keys = all.groups.starts[size_t(end)] - key;
      advance(part, own, inside, blocks_[i],
              {all.k_SHd.narrow(0, key, keys), all.v_SHd.narrow(0, key, keys), all.groups.between(first, end)});
    }
  });
}

}  // namespace asterism::nn
