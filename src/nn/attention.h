#pragma once
// Multi-head attention (Vaswani et al. 2017) by scaled_dot_product_attention, or on CPUs without
// a mask by the kernels of ragged_attention.h (fp32 with AVX2, bf16 by tiles); no T x S tensor is kept.
// Letters: B objects, T queries, S keys, D width, H heads.

#include <array>
#include <vector>

#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/ranges.h"

namespace asterism::nn {

struct AttentionSettings {
  int64_t width = 256, heads = 4;
  bool qkv_bias = false, proj_bias = false;
  bool qk_norm = false;  // LayerNorm of each head's q and k
  NormBias qk_norm_bias = NormBias::learned;
  double epsilon = 1e-6;
};

// Masks: bool, true = may be seen, or floats that are added to the scores: [B, S] (the same keys for every query), [B,
// T, S] or what broadcasts to [B, H, T, S]. Undefined: everything is seen. A query that sees nothing gets zeros; where
// floats below -1e30 hide every key, the mean of all values.

// Keys "qkv", "proj", and with qk_norm "q_norm", "k_norm".
struct SelfAttention {
  SelfAttention() = default;
  SelfAttention(const Scope& scope, const AttentionSettings& settings);
  at::Tensor operator()(const at::Tensor& x_BTD, const at::Tensor& mask = {}) const;  // -> [B, T, D]
  at::Tensor rows(const at::Tensor& x_RD, const Ranges& groups) const;  // each row sees those of its group
  Linear qkv, proj;
  LayerNorm q_norm, k_norm;
  AttentionSettings settings;
};

// Keys "q", "kv", "proj", and with qk_norm "q_norm", "k_norm". The context may have another width.
struct CrossAttention {
  CrossAttention() = default;
  CrossAttention(const Scope& scope, const AttentionSettings& settings,
                 int64_t context_width = 0);  // 0: settings.width
  at::Tensor operator()(const at::Tensor& x_BTD, const at::Tensor& context_BSC, const at::Tensor& mask = {}) const;

  // Keys and values of a context, to be used for many queries (sampling asks the same context again and again).
  struct Context {
    at::Tensor k_BHSd, v_BHSd;
  };
  Context prepare(const at::Tensor& context_BSC) const;
  at::Tensor operator()(const at::Tensor& x_BTD, const Context& context, const at::Tensor& mask = {}) const;

  // The same among rows without padding: group g of the queries sees group g of the context.
  struct RowContext {
    at::Tensor k_SHd, v_SHd;
    Ranges groups;
  };
  RowContext prepare(const at::Tensor& context_SC, const Ranges& groups) const;
  at::Tensor rows(const at::Tensor& x_RD, const Ranges& groups, const RowContext& context) const;

  Linear q, kv, proj;
  LayerNorm q_norm, k_norm;
  AttentionSettings settings;
};

// The parts of a projection [R, P, H, d], P <= 3, each [R, H, d], normed over d where there is a norm. late_bias: of
// the projection, as late_bias.h has it.
using PartNorms = std::array<const LayerNorm*, 3>;
std::vector<at::Tensor> split_heads(const at::Tensor& x_RPHd, const PartNorms& norms = {},
                                    const at::Tensor& late_bias = {});

// softmax(q k^T / sqrt(d)) v for q [B, H, T, d], k and v [B, H, S, d], masks as above.
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask);

// One summary vector of a set: a learned query attends to all tokens. Keys "query" [1, 1, D] and the cross attention's
// under "attention".
struct AttentionPool {
  AttentionPool() = default;
  AttentionPool(const Scope& scope, const AttentionSettings& settings, int64_t queries = 1);
  at::Tensor operator()(const at::Tensor& x_BTD, const at::Tensor& mask = {}) const;  // -> [B, queries, D]
  at::Tensor query;
  CrossAttention attention;
};

}  // namespace asterism::nn
