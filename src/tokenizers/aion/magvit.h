#pragma once
// The convolutional network of AION-1's image codec (MAGVIT-v2, Yu et al. 2023, in two dimensions), with its published
// names: residual units with squeeze-and-excite, n halvings, and the way back.

#include <vector>

#include "nn/conv.h"
#include "nn/norm.h"
#include "nn/residual.h"

namespace asterism::tokenizers::aion {

struct MagVitSettings {
  int64_t bands = 54;        // channels in and out, E
  int64_t hidden = 512;      // channels of the latent grid, D; a multiple of 2^compressions
  int64_t compressions = 2;  // halvings
  int64_t consecutive = 4;   // residual units in a row
};

class MagVit {
 public:
  MagVit() = default;
  MagVit(const nn::Scope& scope, const MagVitSettings& settings);

  // The band mixing in front, y = mix_EC x + bias_E at every pixel, is linear, and so is the first convolution: both
  // are done as one, with a channel of ones for the bias (which the zero padding at the edges must not see).
  // x [B, C, H, W] -> [B, D, h, w].
  at::Tensor encode(const at::Tensor& x_BCHW, const at::Tensor& mix_EC, const at::Tensor& bias_E) const;

  // [B, D, h, w] -> [B, K, H, W]: the last convolution and what follows it, mix_KE y + bias_K, as one.
  at::Tensor decode(const at::Tensor& z_BDhw, const at::Tensor& mix_KE, const at::Tensor& bias_K) const;

 private:
  using Units = std::vector<nn::ResidualUnit>;
  nn::Conv2d conv_in_, conv_out_, encoder_conv_, decoder_conv_;
  std::vector<Units> encoder_units_, decoder_units_;  // one row before each step down; after each step up
  std::vector<nn::Conv2d> downs_;
  std::vector<nn::PixelShuffleUp> ups_;
  nn::LayerNorm norm_;
};

}  // namespace asterism::tokenizers::aion
