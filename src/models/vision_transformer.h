#pragma once
// The vision transformer of DINOv2 (Oquab et al. 2023; registers: Darcet et al. 2024), under its parameter names:
// plain ViT-S/B/L/g of any patch and image size, and AstroDINO (ViT-L/12 at 144 pixels, Parker et al. 2024).
// Letters: B images, P patches, R registers, T = 1 + R + P tokens, D width, H heads, C channels.

#include <vector>

#include "config/settings.h"
#include "models/vision_block.h"

namespace asterism::models {

struct VisionTransformerSettings {
  int64_t image_size = 224;  // for which positions are learned; other sizes interpolate them
  int64_t patch = 14, channels = 3, width = 384, depth = 12, heads = 6, hidden = 1536, registers = 0;
  bool gated_mlp = false, qkv_bias = true, proj_bias = true, mlp_bias = true, layer_scale = true, mask_token = true;
  double layer_scale_start = 1e-5, drop_path = 0, epsilon = 1e-6;
  // Positions are stretched by (patches + offset) / learned, not to `patches`: so the public code made the weights see
  // them. Models with registers: offset 0 and antialias.
  double interpolate_offset = 0.1;
  bool interpolate_antialias = false;
  void describe(config::Fields& f);
};

// Learned positions [1, 1 + side * side, D] (CLS first) stretched to a grid, bicubic: [1, 1 + rows * columns, D].
// offset and antialias as in the settings above.
at::Tensor stretched_positions(const at::Tensor& learned, int64_t side, int64_t rows, int64_t columns, double offset,
                               bool antialias);

class VisionTransformer {
 public:
  VisionTransformer() = default;
  VisionTransformer(const nn::Scope& scope, VisionTransformerSettings settings);

  // Everything the last block gives. Images [B, C, height, width], both multiples of `patch` (else UserError); mask
  // [B, P], bool, true = the mask token instead of the patch; undefined: none.
  struct Features {
    at::Tensor cls_BD, registers_BRD, patches_BPD;  // normed
    at::Tensor prenorm_BTD;
    int64_t rows = 0, columns = 0;  // of the patch grid: P = rows x columns, row by row
  };
  Features operator()(const at::Tensor& images_BCHW, const at::Tensor& mask_BP = {},
                      const nn::DropKey& drop = {}) const;

  // Tokens after each of these blocks (0 first), in their order: [B, T, D], normed where asked. UserError: no such
  // block.
  std::vector<at::Tensor> layers(const at::Tensor& images_BCHW, const std::vector<int64_t>& which, bool normed) const;

  // What the first `count` tokens (CLS, registers ...) look at in this block: [B, H, count, T]; count 0: all tokens.
  at::Tensor attention(const at::Tensor& images_BCHW, int64_t layer, int64_t count = 1) const;

  // The patches through the blocks with neither CLS, registers nor positions, normed: [B, P, D]. A bag of patches: what
  // the released AstroCLIP image tower computes, because its forward pass leaves out the step that adds them. layer:
  // after this block (-1: the last), normed all the same.
  at::Tensor bag_of_patches(const at::Tensor& images_BCHW, int64_t layer = -1) const;

  // Positions of a grid: [1, 1 + rows * columns, D], CLS first.
  at::Tensor positions(int64_t rows, int64_t columns) const;

  const VisionTransformerSettings& settings() const { return settings_; }

  // The same weights, whose positions are stretched in another way.
  VisionTransformer stretched(double offset, bool antialias) const;

 private:
  at::Tensor embed_patches(const at::Tensor& images_BCHW) const;
  at::Tensor prepare(const at::Tensor& images_BCHW, const at::Tensor& mask_BP) const;
  void check_layer(int64_t layer) const;

  VisionTransformerSettings settings_;
  at::Tensor cls_token_, pos_embed_, mask_token_, register_tokens_, patch_weight_, patch_bias_;
  std::vector<VisionBlock> blocks_;
  nn::LayerNorm norm_;
};

}  // namespace asterism::models
