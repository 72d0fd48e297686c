#include "nn/attention.h"

#include <ATen/autocast_mode.h>

#include <cmath>

#include "base/error.h"
#include "nn/cached_factor.h"
#include "nn/gpu_heads.h"
#include "nn/late_bias.h"
#include "nn/product.h"
#include "nn/ragged_attention.h"

namespace asterism::nn {

namespace {

constexpr double kHidden = -1e30;  // added to a score, it leaves nothing of it in fp32

void check(const AttentionSettings& s) {
  ASTERISM_CHECK(s.heads >= 1 && s.width % s.heads == 0, "width {} in {} heads", s.width, s.heads);
}

// A fused projection whose q, k and v rows start as matrices of their own.
Linear fused(const Scope& scope, int64_t in, int64_t parts, int64_t out, bool has_bias) {
  Linear layer;
  layer.weight = scope.parameter_parts("weight", parts, {out, in}, Init::xavier(in, out));
  if (has_bias) layer.bias = scope.parameter("bias", {parts * out}, Init::zeros());
  return layer;
}

// [B, H, T, d] -> [B, T, H d]
at::Tensor join_heads(const at::Tensor& x) {
  return x.transpose(1, 2).reshape({x.size(0), x.size(2), x.size(1) * x.size(3)});
}

at::Tensor spread(const at::Tensor& mask) {
  if (mask.dim() == 2) return mask.unsqueeze(1).unsqueeze(1);
  if (mask.dim() == 3) return mask.unsqueeze(1);
  ASTERISM_CHECK(mask.dim() == 4, "a mask of {} dimensions", mask.dim());
  return mask;
}

// Where every key is hidden by a number that swallows any score, the scores are equal, and the answer is the mean of
// the values. It does not depend on the query then: no gradient may pass through the scores, as it would through a sum.
at::Tensor averaging_where_all_is_hidden(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                         const at::Tensor& mask) {
  const auto nothing = mask.amax(-1, true) < kHidden;
  return at::scaled_dot_product_attention(q.masked_fill(nothing, 0), k, v,
                                          mask.masked_fill(nothing, 0).to(q.scalar_type()));
}

constexpr int64_t kFewQueries = 16;  // for these keys are not worth laying out

// Whether q, k and v [B, H, T, d] are better off as rows.
bool suits_rows(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  if (!q.is_cpu() || q.dim() != 4 || q.size(2) < kFewQueries || q.size(0) != k.size(0)) return false;
  if (attends_by_tiles(q)) return true;
  const auto floats = [](const at::Tensor& x) { return x.scalar_type() == at::kFloat; };
  return CachedFactor::has_kernel() && floats(q) && floats(k) && floats(v) &&
         !at::autocast::is_autocast_enabled(at::kCPU);
}

// By the kernel of ragged_attention.h, every object a group; a fused projection is not copied.
at::Tensor attend_as_rows(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const auto rows = [](const at::Tensor& x) { return x.transpose(1, 2).flatten(0, 1); };  // [B T, H, d]
  Ranges queries, keys;
  for (int64_t b = 0; b < q.size(0); ++b) {
    queries.add(q.size(2));
    keys.add(k.size(2));
  }
  const auto out = attend_ragged(rows(q), rows(k), rows(v), queries, keys);
  return out.unflatten(0, {q.size(0), q.size(2)}).transpose(1, 2);
}

}  // namespace

std::vector<at::Tensor> split_heads(const at::Tensor& given, const PartNorms& norms, const at::Tensor& bias) {
  if (auto made = heads_on_gpu(given, norms, bias); made[0].defined())
    return std::vector<at::Tensor>(made.begin(), made.begin() + given.size(1));
  const auto x_RPHd = settled({given, bias.defined() ? bias.view(given.sizes().slice(1)) : bias});
  auto parts = x_RPHd.unbind(1);
  for (size_t p = 0; p < parts.size(); ++p)
    if (norms[p] != nullptr) parts[p] = (*norms[p])(parts[p]).to(x_RPHd.scalar_type());
  return parts;
}

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask) {
  if (!mask.defined() && suits_rows(q, k, v)) return attend_as_rows(q, k, v);
  if (!mask.defined()) return at::scaled_dot_product_attention(q, k, v).to(q.scalar_type());
  auto spread_mask = spread(mask);
  if (spread_mask.scalar_type() != at::kBool) {
    if (at::GradMode::is_enabled()) return averaging_where_all_is_hidden(q, k, v, spread_mask);
    return at::scaled_dot_product_attention(q, k, v, spread_mask.to(q.scalar_type()));
  }
  // kernels differ in what a query without keys gets (0, NaN, or a mean); here it is 0, and no gradient passes
  const auto sees_any = spread_mask.any(-1, true);
  // a GPU's may make NaN of its gradients as well: there it sees everything first
  if (!q.is_cpu()) spread_mask = spread_mask.logical_or(sees_any.logical_not());
  const auto out = at::scaled_dot_product_attention(q, k, v, spread_mask);
  return at::where(sees_any, out, at::zeros({}, out.options()));
}

SelfAttention::SelfAttention(const Scope& scope, const AttentionSettings& s)
    : qkv(fused(scope / "qkv", s.width, 3, s.width, s.qkv_bias)),
      proj(scope / "proj", s.width, s.width, s.proj_bias),
      settings(s) {
  check(s);
  if (!s.qk_norm) return;
  q_norm = LayerNorm(scope / "q_norm", s.width / s.heads, s.qk_norm_bias, s.epsilon);
  k_norm = LayerNorm(scope / "k_norm", s.width / s.heads, s.qk_norm_bias, s.epsilon);
}

at::Tensor SelfAttention::operator()(const at::Tensor& x_BTD, const at::Tensor& mask) const {
  const int64_t B = x_BTD.size(0), T = x_BTD.size(1), H = settings.heads, d = settings.width / H;
  const auto parts = product(qkv, x_BTD).view({B, T, 3, H, d}).permute({2, 0, 3, 1, 4}).unbind(0);
  auto q = parts[0], k = parts[1];
  const auto& v = parts[2];
  if (settings.qk_norm) {
    q = q_norm(q).to(v.scalar_type());
    k = k_norm(k).to(v.scalar_type());
  }
  return product(proj, join_heads(attend(q, k, v, mask)));
}

at::Tensor SelfAttention::rows(const at::Tensor& x_RD, const Ranges& groups) const {
  const int64_t H = settings.heads, d = settings.width / H;
  const bool norms = settings.qk_norm;
  const auto parts = split_heads(product(qkv, x_RD).view({x_RD.size(0), 3, H, d}),
                                 {norms ? &q_norm : nullptr, norms ? &k_norm : nullptr, nullptr});
  return product(proj, attend_ragged(parts[0], parts[1], parts[2], groups, groups).flatten(1));
}

CrossAttention::CrossAttention(const Scope& scope, const AttentionSettings& s, int64_t context_width)
    : q(scope / "q", s.width, s.width, s.qkv_bias),
      kv(fused(scope / "kv", context_width > 0 ? context_width : s.width, 2, s.width, s.qkv_bias)),
      proj(scope / "proj", s.width, s.width, s.proj_bias),
      settings(s) {
  check(s);
  if (!s.qk_norm) return;
  q_norm = LayerNorm(scope / "q_norm", s.width / s.heads, s.qk_norm_bias, s.epsilon);
  k_norm = LayerNorm(scope / "k_norm", s.width / s.heads, s.qk_norm_bias, s.epsilon);
}

CrossAttention::Context CrossAttention::prepare(const at::Tensor& context_BSC) const {
  const int64_t B = context_BSC.size(0), S = context_BSC.size(1), H = settings.heads, d = settings.width / H;
  const auto parts = product(kv, context_BSC).view({B, S, 2, H, d}).permute({2, 0, 3, 1, 4}).unbind(0);
  Context context{parts[0], parts[1]};
  if (settings.qk_norm) context.k_BHSd = k_norm(context.k_BHSd).to(context.v_BHSd.scalar_type());
  return context;
}

at::Tensor CrossAttention::operator()(const at::Tensor& x_BTD, const Context& context, const at::Tensor& mask) const {
  const int64_t B = x_BTD.size(0), T = x_BTD.size(1), H = settings.heads, d = settings.width / H;
  auto queries = product(q, x_BTD).view({B, T, H, d}).transpose(1, 2);
  if (settings.qk_norm) queries = q_norm(queries).to(context.v_BHSd.scalar_type());
  return product(proj, join_heads(attend(queries, context.k_BHSd, context.v_BHSd, mask)));
}

CrossAttention::RowContext CrossAttention::prepare(const at::Tensor& context_SC, const Ranges& groups) const {
  const int64_t H = settings.heads, d = settings.width / H;
  const auto parts =
      split_heads(product(kv, context_SC).view({context_SC.size(0), 2, H, d}), {settings.qk_norm ? &k_norm : nullptr});
  return {parts[0], parts[1], groups};
}

at::Tensor CrossAttention::rows(const at::Tensor& x_RD, const Ranges& groups, const RowContext& context) const {
  const int64_t H = settings.heads, d = settings.width / H;
  const auto parts =
      split_heads(product(q, x_RD).view({x_RD.size(0), 1, H, d}), {settings.qk_norm ? &q_norm : nullptr});
  return product(proj, attend_ragged(parts[0].to(context.v_SHd.scalar_type()), context.k_SHd, context.v_SHd, groups,
                                     context.groups)
                           .flatten(1));
}

at::Tensor CrossAttention::operator()(const at::Tensor& x_BTD, const at::Tensor& context_BSC,
                                      const at::Tensor& mask) const {
  return (*this)(x_BTD, prepare(context_BSC), mask);
}

AttentionPool::AttentionPool(const Scope& scope, const AttentionSettings& s, int64_t queries)
    : query(scope.parameter("query", {1, queries, s.width}, Init::normal(0.02))), attention(scope / "attention", s) {}

at::Tensor AttentionPool::operator()(const at::Tensor& x_BTD, const at::Tensor& mask) const {
  return attention(query.expand({x_BTD.size(0), -1, -1}), x_BTD, mask);
}

}  // namespace asterism::nn
