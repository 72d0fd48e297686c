#pragma once
// Templates of images, each set in a frame of its own (image_frame.h): image / brightness = mean + sum_k z_k
// direction_k, turned and stretched onto the sky. A mixture of principal components (Tipping & Bishop 1999) that reads
// variances and masks: an image's pose is that of its second moments, the best coefficients are least squares with a
// prior, and it belongs to the set that, after rounding, leaves the least chi^2.
//
// Letters: M images, C bands, S pixels a side, P = C S S, K directions, T tokens.

#include "tokenizers/coefficient_tokens.h"
#include "tokenizers/image_frame.h"

namespace asterism::tokenizers {

struct ImageTemplateSettings {
  std::vector<ImageFrameSettings> frames;  // one a set
  int64_t directions = 28, tokens = 7, token_bits = 10;
};

struct ImageCodes {
  at::Tensor set_M, pose_M, ids_MT;  // int64
  at::Tensor chi2_M;                 // float64: weighted squares of what is left
};

class ImageTemplateSets {
 public:
  ImageTemplateSets() = default;
  // Makes the parameter "templates" [sets, K+1, C, S, S], at random, and the statistics of each set's tokens.
  ImageTemplateSets(const nn::Scope& scope, const ImageTemplateSettings& settings, int64_t bands, int64_t side);

  ImageTemplateSets on_cpu() const;  // themselves where they are there; no gradient passes back

  int64_t sets() const { return int64_t(frames_.size()); }
  int64_t directions() const { return templates_.size(1) - 1; }
  const ImageFrame& frame(int64_t set) const { return frames_[size_t(set)]; }
  const at::Tensor& templates() const { return templates_; }
  CoefficientTokens& tokens(int64_t set) { return tokens_[size_t(set)]; }
  const CoefficientTokens& tokens(int64_t set) const { return tokens_[size_t(set)]; }

  bool learned() const;  // some set's tokens are

  // The code of each image in the pose that its shape says, in one set, and in whichever leaves less. flux and weight
  // (0: missing; flux is not looked at there) [M, C, S, S] in units of the brightness. On the CPU.
  ImageCodes code_in(int64_t set, const at::Tensor& flux_MCSS, const at::Tensor& weight_MCSS,
                     const ImageShapes& shapes) const;
  ImageCodes code(const at::Tensor& flux_MCSS, const at::Tensor& weight_MCSS, const ImageShapes& shapes) const;

  // Image / brightness [M, C, S, S], where the templates are; differentiable in them.
  at::Tensor draw(const ImageCodes& codes) const;

 private:
  std::vector<ImageFrame> frames_;
  at::Tensor templates_;
  std::vector<CoefficientTokens> tokens_;
};

}  // namespace asterism::tokenizers
