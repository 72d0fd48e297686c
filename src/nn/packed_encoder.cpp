#include "nn/packed_encoder.h"

#include <algorithm>

#include "base/error.h"
#include "nn/ragged_attention.h"

namespace asterism::nn {

PackedEncoder::PackedEncoder(const Encoder& encoder, at::ScalarType type) : type_(type) {
  at::NoGradGuard no_grad;
  for (const auto& from : encoder.blocks) {
    const auto &qkv = from.attn.qkv, &proj = from.attn.proj;
    blocks_.push_back({from.norm1, from.norm2, from.attn, PackedWeight::of_type(type, qkv.weight, qkv.bias),
                       PackedWeight::of_type(type, proj.weight, proj.bias), PackedMlp(from.mlp, type, weights_)});
    for (const auto& w : {qkv.weight, qkv.bias, proj.weight, proj.bias}) weights_.watch(w);
  }
}

void PackedEncoder::advance(at::Tensor& x_RD, const Ranges& groups, const Block& b) const {
  const auto& s = b.attention.settings;
  const auto qkv = b.qkv(normed(b.norm1, x_RD)).view({x_RD.size(0), 3, s.heads, s.width / s.heads}).unbind(1);
  const auto q = s.qk_norm ? normed(b.attention.q_norm, qkv[0]) : qkv[0],
             k = s.qk_norm ? normed(b.attention.k_norm, qkv[1]) : qkv[1];
  b.proj.add_to(x_RD, attend_ragged_inference(q, k, qkv[2], groups, groups).flatten(1));
  b.mlp.add_to(x_RD, normed(b.norm2, x_RD));
}

at::Tensor PackedEncoder::rows(const at::Tensor& x_RD, const Ranges& groups, int64_t depth) const {
  at::NoGradGuard no_grad;
  ASTERISM_CHECK(groups.rows() == x_RD.size(0), "{} rows in groups of {}", x_RD.size(0), groups.rows());
  const size_t end = depth < 0 ? blocks_.size() : std::min(blocks_.size(), size_t(depth));
  return changed_in_parts(type_, x_RD, groups, [&](int64_t first, int64_t last, at::Tensor& part) {
    const auto some = groups.between(first, last);
    for (size_t i = 0; i < end; ++i) advance(part, some, blocks_[i]);
  });
}

}  // namespace asterism::nn
