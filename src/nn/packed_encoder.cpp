#include "nn/packed_encoder.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/gpu_rows.h"
#include "nn/in_threads.h"
#include "nn/ragged_attention.h"
#include "nn/row_math.h"

namespace asterism::nn {
namespace {

constexpr int64_t kGrain = 16;  // rows that are worth a thread

// Of x [R, D] or, cut out of something wider, [R, H, d], on a CPU: without the copy of it that ATen would make.
at::Tensor normed_here(const LayerNorm& norm, const at::Tensor& x) {
  const int64_t n = x.size(-1), parts = x.dim() == 3 ? x.size(1) : 1;
  const int64_t along_rows = x.stride(0), along_parts = x.dim() == 3 ? x.stride(1) : 0;
  const auto gain = norm.weight.contiguous(), shift = norm.bias.defined() ? norm.bias.contiguous() : norm.bias;
  auto out = at::empty(x.sizes(), x.options());
  const float *from = x.const_data_ptr<float>(), *by = gain.const_data_ptr<float>(),
              *more = shift.defined() ? shift.const_data_ptr<float>() : nullptr;
  float* to = out.mutable_data_ptr<float>();
  in_threads(x.size(0), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      for (int64_t p = 0; p < parts; ++p)
        norm_row(from + r * along_rows + p * along_parts, n, by, more, float(norm.epsilon), to + (r * parts + p) * n);
  });
  return out;
}

// In the type of x, whatever the norm's weights are in.
at::Tensor normed(const LayerNorm& norm, const at::Tensor& x) {
  const bool floats = x.scalar_type() == at::kFloat && norm.weight.scalar_type() == at::kFloat;
  if (x.is_cpu() && floats && (x.dim() == 2 || x.dim() == 3) && x.stride(-1) == 1) return normed_here(norm, x);
  if (auto made = norm_on_gpu(x, norm); made.defined()) return made;
  const auto like_x = [&](const at::Tensor& w) { return w.defined() ? w.to(x.scalar_type()) : w; };
  return at::layer_norm(x, {x.size(-1)}, like_x(norm.weight), like_x(norm.bias), norm.epsilon);
}

// Rows as the layers read them; while it lives, nothing else changes their type.
struct Computed {
  Computed(at::ScalarType type, const at::Tensor& x) : input(x) {
    if (type != at::kBFloat16) return;
    plain = std::make_unique<Autocast>(Precision::fp32, x.device().type());
    input = x.to(type);
  }
  std::unique_ptr<Autocast> plain;
  at::Tensor input;
};

constexpr int64_t kRowsAtOnce = 1024, kRowsAtOnceElsewhere = 1 << 18;  // a GPU wants many, and has room for them
constexpr int64_t kLeastRows = 128;                                    // that are worth a thread of their own

// Groups that go through all blocks together: where each part starts, and the number of groups. On a CPU each thread
// takes some of the parts.
std::vector<int64_t> parts_of(const Ranges& groups, bool on_cpu) {
  int64_t most = on_cpu ? kRowsAtOnce : kRowsAtOnceElsewhere;
  if (on_cpu) most = std::clamp((groups.rows() + threads_here() - 1) / threads_here(), kLeastRows, most);
  std::vector<int64_t> starts{0};
  for (int64_t g = 0, rows = 0; g < groups.groups(); ++g) {
    if (rows > 0 && rows + groups.length(g) > most) {
      starts.push_back(g);
      rows = 0;
    }
    rows += groups.length(g);
  }
  starts.push_back(groups.groups());
  return starts;
}

}  // namespace

PackedEncoder::PackedEncoder(const Encoder& encoder, at::ScalarType type) : type_(type) {
  at::NoGradGuard no_grad;
  const auto packed = [&](const at::Tensor& weight, const at::Tensor& bias) {
    return PackedWeight::of_type(type, weight, bias);
  };
  for (const auto& from : encoder.blocks) {
    Block b;
    b.norm1 = from.norm1;
    b.norm2 = from.norm2;
    b.attention = from.attn;
    b.gated = from.mlp.gated;
    b.activation = from.mlp.activation;
    b.qkv = packed(from.attn.qkv.weight, from.attn.qkv.bias);
    b.proj = packed(from.attn.proj.weight, from.attn.proj.bias);
    b.second = packed(from.mlp.fc2.weight, from.mlp.fc2.bias);
    at::Tensor bias = from.mlp.fc1.bias;
    if (b.gated && bias.defined()) bias = at::cat({bias, from.mlp.fc3.bias});
    b.first = packed(b.gated ? at::cat({from.mlp.fc1.weight, from.mlp.fc3.weight}) : from.mlp.fc1.weight, bias);
    for (const auto& w :
         {from.attn.qkv.weight, from.attn.qkv.bias, from.attn.proj.weight, from.attn.proj.bias, from.mlp.fc1.weight,
          from.mlp.fc1.bias, from.mlp.fc2.weight, from.mlp.fc2.bias, from.mlp.fc3.weight, from.mlp.fc3.bias})
      weights_.watch(w);
    blocks_.push_back(std::move(b));
  }
}

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

std::vector<CrossAttention::RowContext> PackedContexts::prepare(const at::Tensor& context_RD,
                                                                const Ranges& objects) const {
  at::NoGradGuard no_grad;
  const Computed computed(type_, context_RD);
  std::vector<CrossAttention::RowContext> out;
  for (const auto& b : blocks_) {
    const int64_t H = b.settings.heads, d = b.settings.width / H;
    const auto kv = b.kv(normed(b.context_norm, computed.input)).view({context_RD.size(0), 2, H, d}).unbind(1);
    out.push_back({b.settings.qk_norm ? normed(b.k_norm, kv[0]) : kv[0], kv[1], objects});
  }
  return out;
}

void PackedEncoder::advance(at::Tensor& x_RD, const Ranges& groups, const Block& b) const {
  const auto& s = b.attention.settings;
  const auto qkv = b.qkv(normed(b.norm1, x_RD)).view({x_RD.size(0), 3, s.heads, s.width / s.heads}).unbind(1);
  const auto q = s.qk_norm ? normed(b.attention.q_norm, qkv[0]) : qkv[0],
             k = s.qk_norm ? normed(b.attention.k_norm, qkv[1]) : qkv[1];
  b.proj.add_to(x_RD, attend_ragged_inference(q, k, qkv[2], groups, groups).flatten(1));
  const auto rows = normed(b.norm2, x_RD);
  at::Tensor hidden;
  if (b.gated && b.activation == Activation::silu) {
    hidden = b.first.gated(rows);
  } else if (b.gated) {
    const auto halves = b.first(rows).chunk(2, 1);
    hidden = activate(halves[0], b.activation) * halves[1];
  } else {
    hidden = activate(b.first(rows), b.activation);
  }
  b.second.add_to(x_RD, hidden);
}

at::Tensor PackedEncoder::rows(const at::Tensor& x_RD, const Ranges& groups, int64_t depth) const {
  at::NoGradGuard no_grad;
  ASTERISM_CHECK(groups.rows() == x_RD.size(0), "{} rows in groups of {}", x_RD.size(0), groups.rows());
  const size_t end = depth < 0 ? blocks_.size() : std::min(blocks_.size(), size_t(depth));
  const Computed computed(type_, x_RD);
  auto out = computed.input.is_same(x_RD) ? x_RD.clone() : computed.input;
  const auto starts = parts_of(groups, x_RD.is_cpu());
  const auto through = [&](int64_t begin, int64_t last) {
    const Computed here(type_, out);
    for (int64_t k = begin; k < last; ++k) {
      Ranges some;
      for (int64_t g = starts[size_t(k)]; g < starts[size_t(k + 1)]; ++g) some.add(groups.length(g));
      auto part = out.narrow(0, groups.starts[size_t(starts[size_t(k)])], some.rows());
      for (size_t i = 0; i < end && some.rows() > 0; ++i) advance(part, some, blocks_[i]);
    }
  };
  const int64_t parts = int64_t(starts.size()) - 1;
  if (x_RD.is_cpu())
    in_threads(parts, 1, through);
  else
    through(0, parts);
  return out.to(x_RD.scalar_type());
}

}  // namespace asterism::nn
