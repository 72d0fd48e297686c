#include "nn/packed_decoder.h"

#include <algorithm>

#include "base/error.h"
#include "nn/in_threads.h"
#include "nn/ragged_attention.h"

namespace asterism::nn {
namespace {

// Rows [begin, end) of `groups`, whose bounds these must be, from 0 again.
Ranges between(const Ranges& groups, int64_t begin, int64_t end) {
  const auto& all = groups.starts;
  const auto first = std::lower_bound(all.begin(), all.end(), begin), last = std::upper_bound(first, all.end(), end);
  ASTERISM_CHECK(first != all.end() && *first == begin && *(last - 1) == end, "no segments end at rows {} and {}",
                 begin, end);
  Ranges out;
  for (auto at = first + 1; at < last; ++at) out.add(*at - *(at - 1));
  return out;
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
  const ComputedRows computed(type_, x_RD);
  auto out = computed.input.is_same(x_RD) ? x_RD.clone() : computed.input;
  const auto parts = groups_together(objects, x_RD.is_cpu());
  const auto through = [&](int64_t first, int64_t last) {
    const ComputedRows here(type_, out);
    for (int64_t p = first; p < last; ++p) {
      const auto from = size_t(parts[size_t(p)]), to = size_t(parts[size_t(p + 1)]);
      const int64_t begin = objects.starts[from], end = objects.starts[to];
      if (begin == end) continue;
      const auto some = between(segments, begin, end);
      Ranges own, seen;
      for (size_t g = from; g < to; ++g) own.add(objects.length(int64_t(g)));
      auto part = out.narrow(0, begin, end - begin);
      for (size_t i = 0; i < blocks_.size(); ++i) {
        const auto& all = context[i];
        const int64_t key = all.groups.starts[from], keys = all.groups.starts[to] - key;
        if (i == 0)
          for (size_t g = from; g < to; ++g) seen.add(all.groups.length(int64_t(g)));
        advance(part, own, some, blocks_[i], {all.k_SHd.narrow(0, key, keys), all.v_SHd.narrow(0, key, keys), seen});
      }
    }
  };
  const int64_t count = int64_t(parts.size()) - 1;
  if (x_RD.is_cpu())
    in_threads(count, 1, through);
  else
    through(0, count);
  return out.to(x_RD.scalar_type());
}

}  // namespace asterism::nn
