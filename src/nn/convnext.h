#pragma once
// ConvNeXt V2 (Woo et al. 2023) in one and two dimensions, with its parameter names. Inside, tensors lie channels-last
// in memory, so that the norm and the two linear layers read rows; 1-D is 2-D with height 1.

#include <vector>

#include "nn/conv.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/packed_linear.h"

namespace asterism::nn {

// depthwise conv k7 -> LayerNorm -> Linear 4x -> GELU -> GRN -> Linear -> residual. Keys dwconv, norm, pwconv1, grn,
// pwconv2.
struct ConvNextBlock {
  ConvNextBlock() = default;
  ConvNextBlock(const Scope& scope, int64_t channels, int64_t dimensions, int64_t kernel = 7);
  at::Tensor operator()(const at::Tensor& x) const;  // [B, C, L] or [B, C, H, W], same out
  at::Tensor dwconv_weight, dwconv_bias;
  LayerNorm norm;
  Linear pwconv1, pwconv2;
  GlobalResponseNorm grn;
  int64_t kernel = 7;

 private:
  // The same, one object after another, without gradients, in float32 on a CPU: x [B, C, 1, L], channels last in
  // memory.
  at::Tensor without_gradients(const at::Tensor& x) const;
  PackedLinear fast_pwconv1_, fast_pwconv2_;
};

struct ConvNextSettings {
  int64_t dimensions = 1;
  int64_t channels = 2;                          // in (encoder) or latent (decoder)
  std::vector<int64_t> depths, widths, strides;  // one each per stage; encoder: strides[0] is the stem's patch
  double epsilon = 1e-6;
};

// A decoder's: the encoder's stages backwards, beginning at the latent's own resolution, and one more of `width` and
// `depth` at full resolution.
ConvNextSettings mirrored(const ConvNextSettings& encoder, int64_t width, int64_t depth);

// Stem: conv (k = s = strides[0]) + LN; before each further stage LN + conv (k = s). Keys downsample_layers.i.{0,1},
// stages.s.j, norm.
// On CPUs without gradients the stem and the first stage stay in float32 under any guard (autocast.h): in eight bits
// the stage made 0.63 to 0.89 of the squared change of the latents of bright spectra, and their chi^2 5 to 12% larger;
// with it in float32 -2 to 2%. It has a fifth of the products of small spectrum codecs, a 23rd of those of AION's.
struct ConvNextEncoder {
  ConvNextEncoder() = default;
  ConvNextEncoder(const Scope& scope, const ConvNextSettings& settings);
  at::Tensor operator()(
      const at::Tensor& x) const;  // [B, channels, L...] -> [B, widths.back(), L / prod(strides)...], normed
  // The first bias starts at random instead of at zero. Where all channels are zero, as beyond the ends of a spectrum,
  // a norm multiplies gradients by 1 / sqrt(epsilon), one norm after the other, until they overflow.
  void vary_first_bias(uint64_t seed);
  ConvNextSettings settings;
  std::vector<at::Tensor> down_weight, down_bias;
  std::vector<LayerNorm> down_norm;
  std::vector<std::vector<ConvNextBlock>> stages;
  LayerNorm norm;
};

// The way back: transposed conv (k = s = strides[0]) + LN, then LN + transposed conv before each further stage.
// Keys upsample_layers.i.{0,1}, stages.s.j. widths.back() is the number of output channels; depths.back() may be 0.
struct ConvNextDecoder {
  ConvNextDecoder() = default;
  ConvNextDecoder(const Scope& scope, const ConvNextSettings& settings);
  at::Tensor operator()(const at::Tensor& x) const;  // [B, channels, l...] -> [B, widths.back(), l * prod(strides)...]
  ConvNextSettings settings;
  std::vector<at::Tensor> up_weight, up_bias;
  std::vector<LayerNorm> up_norm;
  std::vector<std::vector<ConvNextBlock>> stages;
};

}  // namespace asterism::nn
