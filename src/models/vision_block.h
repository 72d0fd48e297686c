#pragma once
// A pre-norm transformer block with LayerScale (Touvron et al. 2021), as DINOv2 (Oquab et al. 2023) has it, under its
// parameter names. Letters: B images, T tokens, D width, H heads, F hidden width.

#include <vector>

#include "nn/attention.h"
#include "nn/drop.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/packed_linear.h"

namespace asterism::models {

struct VisionBlockSettings {
  int64_t width = 384, heads = 6;
  int64_t hidden = 1536;  // F; of a gated one: of each half
  bool gated = false;     // SwiGLU: "mlp.w12", "mlp.w3" instead of "mlp.fc1", "mlp.fc2" with GELU
  bool qkv_bias = true, proj_bias = true, mlp_bias = true;  // of "attn.qkv", "attn.proj" and the MLP
  bool layer_scale = true;                                  // "ls1.gamma", "ls2.gamma"
  double layer_scale_start = 1e-5;
  double drop_path = 0;
  double epsilon = 1e-6;
};

// x + gamma1 attn(norm1 x), then x + gamma2 mlp(norm2 x).
struct VisionBlock {
  VisionBlock() = default;
  VisionBlock(const nn::Scope& scope, const VisionBlockSettings& settings);
  at::Tensor operator()(const at::Tensor& x_BTD, const nn::DropKey& drop = {}) const;
  // The same for rows of images of different sizes without padding: those of a group see each other. A branch that is
  // dropped for an image is not worked out for it.
  at::Tensor rows(const at::Tensor& x_RD, const nn::Ranges& images, const nn::DropKey& drop = {}) const;
  // The same step of a stream on a GPU, without drop path: x and norm1 of it go in, and x with both branches comes out
  // with the next block's norm1 of it (null: without). images: as of rows; null: x is [B, T, D].
  nn::SumAndNorm advance(const nn::SumAndNorm& stream, const nn::LayerNorm* next, const nn::Ranges* images) const;
  // softmax(q k^T / sqrt(d)) of the tokens `queries` alone: [B, H, queries, T].
  at::Tensor attention(const at::Tensor& x_BTD, int64_t first_query, int64_t queries) const;

  std::vector<at::Tensor> weights() const;  // all that it reads

  nn::LayerNorm norm1, norm2;
  nn::SelfAttention attn;
  nn::Linear fc1, fc2;                                       // gated: w12, w3
  nn::PackedLinear fast_qkv, fast_proj, fast_fc1, fast_fc2;  // the same, for use without gradients
  at::Tensor gamma1, gamma2;
  VisionBlockSettings settings;

 private:
  at::Tensor attended(const at::Tensor& x_BTD) const;  // before the projection of the output
  at::Tensor attended_rows(const at::Tensor& x_RD, const nn::Ranges& images) const;
  at::Tensor hidden(const at::Tensor& x) const;  // of the MLP
  at::Tensor mlp(const at::Tensor& x) const;
};

// Are blocks gone through as a stream here?
bool as_a_stream(const std::vector<VisionBlock>& blocks, const at::Tensor& x, const nn::DropKey& drop);
// All of them (x and images as of advance): x after the last.
at::Tensor advanced(const std::vector<VisionBlock>& blocks, const at::Tensor& x, const nn::Ranges* images);

}  // namespace asterism::models
