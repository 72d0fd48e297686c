#include "nn/packed_encoder.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "nn/ragged_attention.h"
#include "nn/swiglu.h"

namespace asterism::nn {
namespace {

constexpr int64_t kRowsAtOnce = 1024, kRowsAtOnceElsewhere = 1 << 18;  // a GPU wants many, and has room for them

}  // namespace

PackedEncoder::PackedEncoder(const Encoder& encoder) {
  at::NoGradGuard no_grad;
  for (const auto& from : encoder.blocks) {
    Block b;
    b.norm1 = from.norm1;
    b.norm2 = from.norm2;
    b.attention = from.attn;
    b.gated = from.mlp.gated;
    b.activation = from.mlp.activation;
    b.qkv = PackedWeight(from.attn.qkv.weight, from.attn.qkv.bias);
    b.proj = PackedWeight(from.attn.proj.weight, from.attn.proj.bias);
    b.second = PackedWeight(from.mlp.fc2.weight, from.mlp.fc2.bias);
    at::Tensor bias = from.mlp.fc1.bias;
    if (b.gated && bias.defined()) bias = at::cat({bias, from.mlp.fc3.bias});
    b.first = PackedWeight(b.gated ? at::cat({from.mlp.fc1.weight, from.mlp.fc3.weight}) : from.mlp.fc1.weight, bias);
    for (const auto& w :
         {from.attn.qkv.weight, from.attn.qkv.bias, from.attn.proj.weight, from.attn.proj.bias, from.mlp.fc1.weight,
          from.mlp.fc1.bias, from.mlp.fc2.weight, from.mlp.fc2.bias, from.mlp.fc3.weight, from.mlp.fc3.bias})
      weights_.watch(w);
    blocks_.push_back(std::move(b));
  }
}

PackedContexts::PackedContexts(const Decoder& decoder) {
  at::NoGradGuard no_grad;
  for (const auto& from : decoder.blocks) {
    const auto& attention = from.cross_attn;
    blocks_.push_back({from.context_norm, attention.k_norm, PackedWeight(attention.kv.weight, attention.kv.bias),
                       attention.settings});
    weights_.watch(attention.kv.weight);
    weights_.watch(attention.kv.bias);
  }
}

std::vector<CrossAttention::RowContext> PackedContexts::prepare(const at::Tensor& context_RD,
                                                                const Ranges& objects) const {
  at::NoGradGuard no_grad;
  std::vector<CrossAttention::RowContext> out;
  for (const auto& b : blocks_) {
    const int64_t H = b.settings.heads, d = b.settings.width / H;
    const auto kv = b.kv(b.context_norm(context_RD)).view({context_RD.size(0), 2, H, d}).unbind(1);
    out.push_back({b.settings.qk_norm ? b.k_norm(kv[0]) : kv[0], kv[1], objects});
  }
  return out;
}

void PackedEncoder::advance(at::Tensor& x_RD, const Ranges& groups, const Block& b) const {
  const auto& s = b.attention.settings;
  const auto qkv = b.qkv(b.norm1(x_RD)).view({x_RD.size(0), 3, s.heads, s.width / s.heads}).unbind(1);
  const auto q = s.qk_norm ? b.attention.q_norm(qkv[0]) : qkv[0], k = s.qk_norm ? b.attention.k_norm(qkv[1]) : qkv[1];
  x_RD.add_(b.proj(attend_ragged_inference(q, k, qkv[2], groups, groups).flatten(1)));
  auto hidden = b.first(b.norm2(x_RD));
  if (b.gated && b.activation == Activation::silu) {
    hidden = swiglu(hidden);
  } else if (b.gated) {
    const auto halves = hidden.chunk(2, 1);
    hidden = activate(halves[0], b.activation) * halves[1];
  } else {
    hidden = activate(hidden, b.activation);
  }
  x_RD.add_(b.second(hidden));
}

at::Tensor PackedEncoder::rows(const at::Tensor& x_RD, const Ranges& groups, int64_t depth) const {
  at::NoGradGuard no_grad;
  ASTERISM_CHECK(groups.rows() == x_RD.size(0), "{} rows in groups of {}", x_RD.size(0), groups.rows());
  const size_t end = depth < 0 ? blocks_.size() : std::min(blocks_.size(), size_t(depth));
  const int64_t most = x_RD.is_cpu() ? kRowsAtOnce : kRowsAtOnceElsewhere;
  auto out = x_RD.clone();
  for (int64_t first = 0; first < groups.groups();) {
    Ranges some;
    int64_t next = first;
    while (next < groups.groups() && (next == first || some.rows() + groups.length(next) <= most))
      some.add(groups.length(next++));
    auto part = out.narrow(0, groups.starts[size_t(first)], some.rows());
    for (size_t i = 0; i < end && some.rows() > 0; ++i) advance(part, some, blocks_[i]);
    first = next;
  }
  return out;
}

}  // namespace asterism::nn
