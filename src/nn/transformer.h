#pragma once
// Pre-norm transformer blocks and stacks, with the parameter names of 4M and AION.
// Letters: B objects, T tokens, S context tokens, D width.

#include <optional>
#include <vector>

#include "config/settings.h"
#include "nn/attention.h"
#include "nn/drop.h"
#include "nn/mlp.h"

namespace asterism::nn {

struct TransformerSettings {
  int64_t width = 256, heads = 4, depth = 6;
  double mlp_ratio = 4;
  bool gated_mlp = true;  // SwiGLU with hidden int(2/3 ratio width); false: GELU with hidden ratio * width
  bool norm_bias = true, qkv_bias = true, proj_bias = true, mlp_bias = true;  // 4M and AION: all false
  bool zero_norm_bias = false;  // norms hold a bias of zeros that nobody trains (AION files)
  bool qk_norm = false;
  double drop_path = 0;  // of the last block; earlier ones linearly less
  double dropout = 0;    // after attention and MLP
  double epsilon = 1e-6;
  int64_t hidden = 0;                         // of the MLP, where a file says; 0: by the ratio
  std::optional<Activation> activation = {};  // of the MLP; by default GELU, gated SiLU
  void describe(config::Fields& fields);
  AttentionSettings attention() const;
  NormBias norm() const;
  int64_t hidden_width() const;
};

// x + attn(norm1 x), then x + mlp(norm2 x). Keys norm1, attn, norm2, mlp.
struct EncoderBlock {
  EncoderBlock() = default;
  EncoderBlock(const Scope& scope, const TransformerSettings& settings, double drop_path = 0);
  at::Tensor operator()(at::Tensor x_BTD, const at::Tensor& mask = {}, const DropKey& drop = {}) const;
  // Rows of objects of different lengths without padding: those of a group see each other. x and norm1 of it go in; x
  // with both branches comes out, with the next block's norm1 of it (null: without).
  SumAndNorm rows(const SumAndNorm& stream, const Ranges& groups, const LayerNorm* next,
                  const DropKey& drop = {}) const;
  std::vector<at::Tensor> weights() const;  // all that it reads
  LayerNorm norm1, norm2;
  SelfAttention attn;
  Mlp mlp;
  double dropout = 0, drop_path = 0;
};

// Self-attention, cross-attention to a context, MLP. Keys norm1, self_attn, query_norm, context_norm, cross_attn,
// norm2, mlp.
struct DecoderBlock {
  DecoderBlock() = default;
  DecoderBlock(const Scope& scope, const TransformerSettings& settings, double drop_path = 0);
  at::Tensor operator()(at::Tensor x_BTD, const at::Tensor& context_BSD, const at::Tensor& self_mask = {},
                        const at::Tensor& cross_mask = {}, const DropKey& drop = {}) const;
  // The same with a context prepared once (sampling).
  CrossAttention::Context prepare(const at::Tensor& context_BSD) const;
  at::Tensor operator()(at::Tensor x_BTD, const CrossAttention::Context& context, const at::Tensor& self_mask = {},
                        const at::Tensor& cross_mask = {}, const DropKey& drop = {}) const;
  LayerNorm norm1, query_norm, context_norm, norm2;
  SelfAttention self_attn;
  CrossAttention cross_attn;
  Mlp mlp;
  double dropout = 0, drop_path = 0;
};

// Blocks "0", "1", ... under the scope. The final norm is the caller's (4M calls it encoder_norm beside the stack).
struct Encoder {
  Encoder() = default;
  Encoder(const Scope& scope, const TransformerSettings& settings);
  at::Tensor operator()(at::Tensor x_BTD, const at::Tensor& mask = {}, const DropKey& drop = {}) const;
  // The first `depth` blocks (-1: all) on rows without padding; on CPUs, where nothing is dropped out, each thread
  // takes some of the groups through all of them.
  at::Tensor rows(const at::Tensor& x_RD, const Ranges& groups, const DropKey& drop = {}, int64_t depth = -1) const;
  std::vector<EncoderBlock> blocks;
};

struct Decoder {
  Decoder() = default;
  Decoder(const Scope& scope, const TransformerSettings& settings);
  at::Tensor operator()(at::Tensor x_BTD, const at::Tensor& context_BSD, const at::Tensor& self_mask = {},
                        const at::Tensor& cross_mask = {}, const DropKey& drop = {}) const;
  std::vector<CrossAttention::Context> prepare(const at::Tensor& context_BSD) const;
  at::Tensor operator()(at::Tensor x_BTD, const std::vector<CrossAttention::Context>& context,
                        const at::Tensor& self_mask = {}, const at::Tensor& cross_mask = {}) const;
  std::vector<DecoderBlock> blocks;
};

}  // namespace asterism::nn
