#pragma once
// The head of AstroCLIP over a backbone's tokens (Parker et al. 2024): one learned query attends to all of them, a
// norm, an MLP. Parameter names as published ("cross_attention.*", "mlp.*"); those of the attention as torch's
// MultiheadAttention writes them, one matrix for q, k, v where both widths agree and three where not.
// Letters: B objects, N tokens, C width of the tokens, E width of the embedding, H heads, d = E / H.

#include "config/settings.h"
#include "nn/drop.h"
#include "nn/linear.h"
#include "nn/norm.h"

namespace asterism::models {

struct PoolingHeadSettings {
  int64_t width = 1024;          // E
  int64_t context_width = 1024;  // C
  int64_t heads = 4;
  int64_t hidden = 4096;  // of the MLP
  bool residual = true;   // embedding = pooled + mlp(pooled); false: mlp(pooled) alone
  double dropout = 0;     // after the attention and inside the MLP, in training (published: 0.1)
  double epsilon = 1e-5;
};

struct PoolingHead {
  PoolingHead() = default;
  PoolingHead(const nn::Scope& scope, const PoolingHeadSettings& settings);

  struct Output {
    at::Tensor embedding_BE;
    at::Tensor pooled_BE;    // after the norm
    at::Tensor weights_BHN;  // of the attention; each head sums to 1
  };
  // usable [B, N], bool: tokens that may be seen; undefined: all. An object without any gets weights of 0.
  Output operator()(const at::Tensor& tokens_BNC, const at::Tensor& usable_BN = {}, const nn::DropKey& drop = {}) const;
  at::Tensor embedding(const at::Tensor& pooled_BE, bool residual, const nn::DropKey& drop = {}) const;

  PoolingHeadSettings settings;

 private:
  at::Tensor query_, in_weight_, q_weight_, k_weight_, v_weight_, in_bias_;  // in_weight_ [3 E, E] or the three
  nn::Linear out_proj_, encoder_, decoder_;
  nn::LayerNorm layernorm_;
};

}  // namespace asterism::models
