#include "models/vision_block.h"

#include <algorithm>
#include <cmath>

#include "nn/late_bias.h"
#include "nn/ragged_attention.h"
#include "nn/swiglu.h"

namespace asterism::models {
namespace {

nn::AttentionSettings attention_of(const VisionBlockSettings& s) {
  nn::AttentionSettings a;
  a.width = s.width;
  a.heads = s.heads;
  a.qkv_bias = s.qkv_bias;
  a.proj_bias = s.proj_bias;
  a.epsilon = s.epsilon;
  return a;
}

// x + gamma y, in one pass.
at::Tensor add_scaled(const at::Tensor& x, const at::Tensor& y, const at::Tensor& gamma) {
  if (!gamma.defined()) return x + y;
  return at::addcmul(x, y, gamma.to(y.scalar_type()));
}

}  // namespace

VisionBlock::VisionBlock(const nn::Scope& scope, const VisionBlockSettings& s)
    : norm1(scope / "norm1", s.width, nn::NormBias::learned, s.epsilon),
      norm2(scope / "norm2", s.width, nn::NormBias::learned, s.epsilon),
      attn(scope / "attn", attention_of(s)),
      fc1(scope / "mlp" / (s.gated ? "w12" : "fc1"), s.width, s.gated ? 2 * s.hidden : s.hidden, s.mlp_bias),
      fc2(scope / "mlp" / (s.gated ? "w3" : "fc2"), s.hidden, s.width, s.mlp_bias),
      settings(s) {
  if (!s.layer_scale) return;
  gamma1 = (scope / "ls1").parameter("gamma", {s.width}, nn::Init::constant(s.layer_scale_start));
  gamma2 = (scope / "ls2").parameter("gamma", {s.width}, nn::Init::constant(s.layer_scale_start));
}

std::vector<at::Tensor> VisionBlock::weights() const {
  return {norm1.weight, norm1.bias, attn.qkv.weight, attn.qkv.bias, attn.proj.weight, attn.proj.bias, gamma1,
          norm2.weight, norm2.bias, fc1.weight,      fc1.bias,      fc2.weight,       fc2.bias,       gamma2};
}

at::Tensor VisionBlock::attended(const at::Tensor& x_BTD) const {
  const int64_t B = x_BTD.size(0), T = x_BTD.size(1), H = settings.heads, d = settings.width / H;
  const auto qkv = nn::late_bias(attn.qkv, fast_qkv, x_BTD);
  const auto parts = nn::split_heads(qkv.y.view({B * T, 3, H, d}), {}, qkv.bias);
  const auto spread = [&](const at::Tensor& rows) { return rows.view({B, T, H, d}).transpose(1, 2); };
  const auto seen = nn::attend(spread(parts[0]), spread(parts[1]), spread(parts[2]), {});
  return seen.transpose(1, 2).reshape({B, T, H * d});
}

at::Tensor VisionBlock::hidden(const at::Tensor& x) const {
  if (!settings.gated) return nn::gelu_product(fc1, fast_fc1, x);
  const auto gated = nn::swiglu(fast_fc1(fc1, x.flatten(0, -2)));
  return gated.unflatten(0, x.sizes().slice(0, size_t(x.dim() - 1)));
}

at::Tensor VisionBlock::mlp(const at::Tensor& x) const { return fast_fc2(fc2, hidden(x)); }

at::Tensor VisionBlock::operator()(const at::Tensor& x_BTD, const nn::DropKey& drop) const {
  const auto path = [&](const at::Tensor& branch, uint64_t place) {
    return nn::drop_path(branch, settings.drop_path, drop / place);
  };
  const auto x = add_scaled(x_BTD, path(fast_proj(attn.proj, attended(norm1(x_BTD))), 0), gamma1);
  return add_scaled(x, path(mlp(norm2(x)), 1), gamma2);
}

at::Tensor VisionBlock::attended_rows(const at::Tensor& x_RD, const nn::Ranges& images) const {
  const int64_t H = settings.heads, d = settings.width / H;
  const auto qkv = nn::late_bias(attn.qkv, fast_qkv, x_RD);
  const auto parts = nn::split_heads(qkv.y.view({x_RD.size(0), 3, H, d}), {}, qkv.bias);
  const auto seen = at::GradMode::is_enabled()
                        ? nn::attend_ragged(parts[0], parts[1], parts[2], images, images)
                        : nn::attend_ragged_inference(parts[0], parts[1], parts[2], images, images);
  return seen.flatten(1);
}

at::Tensor VisionBlock::rows(const at::Tensor& x_RD, const nn::Ranges& images, const nn::DropKey& drop) const {
  const auto scaled = [](const at::Tensor& y, const at::Tensor& gamma) {
    return gamma.defined() ? y * gamma.to(y.scalar_type()) : y;
  };
  const auto x = nn::add_branch(x_RD, images, settings.drop_path, drop / 0, [&](const auto& rows, const auto& kept) {
    return scaled(fast_proj(attn.proj, attended_rows(norm1.for_product(rows), kept)), gamma1);
  });
  return nn::add_branch(x, images, settings.drop_path, drop / 1,
                        [&](const auto& rows, const auto&) { return scaled(mlp(norm2.for_product(rows)), gamma2); });
}

nn::SumAndNorm VisionBlock::advance(const nn::SumAndNorm& stream, const nn::LayerNorm* next,
                                    const nn::Ranges* images) const {
  const auto seen = images != nullptr ? attended_rows(stream.normed, *images) : attended(stream.normed);
  const auto first = nn::late_bias(attn.proj, fast_proj, seen);
  const auto middle = nn::add_norm(stream.sum, first.y, gamma1, norm2, first.bias);
  if (next != nullptr) {
    const auto second = nn::late_bias(fc2, fast_fc2, hidden(middle.normed));
    return nn::add_norm(middle.sum, second.y, gamma2, *next, second.bias);
  }
  return {add_scaled(middle.sum, mlp(middle.normed), gamma2), {}};
}

bool as_a_stream(const std::vector<VisionBlock>& blocks, const at::Tensor& x, const nn::DropKey& drop) {
  const auto drops = [](const VisionBlock& block) { return block.settings.drop_path > 0; };
  return !x.is_cpu() && !(drop.on && std::any_of(blocks.begin(), blocks.end(), drops));
}

at::Tensor advanced(const std::vector<VisionBlock>& blocks, const at::Tensor& x, const nn::Ranges* images) {
  if (blocks.empty()) return x;
  nn::SumAndNorm stream{x, blocks.front().norm1.for_product(x)};
  for (size_t i = 0; i < blocks.size(); ++i)
    stream = blocks[i].advance(stream, i + 1 < blocks.size() ? &blocks[i + 1].norm1 : nullptr, images);
  return stream.sum;
}

at::Tensor VisionBlock::attention(const at::Tensor& x_BTD, int64_t first, int64_t queries) const {
  const int64_t B = x_BTD.size(0), T = x_BTD.size(1), H = settings.heads, d = settings.width / H;
  const auto parts = attn.qkv(norm1(x_BTD)).view({B, T, 3, H, d}).permute({2, 0, 3, 1, 4}).unbind(0);
  const auto q = parts[0].narrow(2, first, queries);
  return at::matmul(q, parts[1].transpose(-2, -1)).div_(std::sqrt(double(d))).softmax(-1);
}

}  // namespace asterism::models
