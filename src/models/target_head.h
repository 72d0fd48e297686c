#pragma once
// What is asked of one modality: its codes (from the codec), the query that asks, and the logits or the mixture that
// answer. Letters: N objects, T tokens of the modality, R rows asked, D width, V codes or bins.

#include <ATen/ATen.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "models/any_to_any_settings.h"
#include "models/budget.h"
#include "models/code_head.h"
#include "models/mixture_head.h"
#include "models/posterior.h"
#include "nn/embedding.h"
#include "nn/linear.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {

class TargetHead {
 public:
  // Positions, ids and values are the CPU's; hidden rows x are where the weights are.

  // Rows of bins begin in order (ordered_codes.h) where targets are softened over neighbours.
  // The codec decides the size; a scalar's is ScalarBins, UserError for another. settings.head is "bins" or "mixture"
  // of a scalar, "codes" or "levels" of others; "auto" is the first.
  TargetHead(const nn::Scope& scope, std::string modality, const ModalitySettings& settings,
             std::shared_ptr<tokenizers::Tokenizer> codec, int64_t width);

  const std::string& modality() const { return modality_; }
  const Grid& grid() const { return grid_; }
  const Places& places() const { return places_; }
  bool one_token() const { return grid_.positions() == 1; }
  tokenizers::Tokenizer& codec() const { return *codec_; }
  const tokenizers::ScalarBins* bins() const { return bins_; }  // nullptr when the modality is no scalar

  // mask token (or the embedded code where shown) + place + modality -> [R, D]. ids_R is read only where shown.
  at::Tensor queries(const at::Tensor& mask_token_D, const at::Tensor& position_R, const at::Tensor& shown_R,
                     const at::Tensor& ids_R) const;

  bool continuous() const { return mixture_.has_value(); }  // a scalar that is predicted by a mixture
  // Scales that the head learns from data, once.
  void fit(const modalities::ScalarBlock& block);

  // Of a scalar on bins.
  at::Tensor logits(const at::Tensor& x_RD) const;
  ScalarMixture mixture(const at::Tensor& x_RD) const;  // of a continuous scalar
  // Of codes at these positions: ln p up to a constant; -infinity for what cannot stand there (a normalisation token
  // has its own range).
  at::Tensor code_logits(const at::Tensor& x_RD, const at::Tensor& position_R) const;

  // Mean -ln p of codes, no more than `chunk` rows of logits in memory.
  at::Tensor code_loss(const at::Tensor& x_RD, const at::Tensor& position_R, const at::Tensor& ids_R,
                       int64_t chunk) const;
  // Of values of a scalar (float64 [R]): against soft targets around them on the bins, or by the mixture's density.
  at::Tensor value_loss(const at::Tensor& x_RD, const at::Tensor& value_R, int64_t chunk) const;
  // ln p of each value of a scalar, up to a number that depends on the value alone (the width of its bin, the slope of
  // the scale): [R], differentiable.
  at::Tensor value_log_p(const at::Tensor& x_RD, const at::Tensor& value_R) const;

 private:
  void order_bins(const nn::Scope& scope);

  std::string modality_;
  double soft_bins_;
  std::shared_ptr<tokenizers::Tokenizer> codec_;
  const tokenizers::ScalarBins* bins_;
  Grid grid_;
  Places places_;
  at::Tensor positions_PD_, modality_D_;
  nn::Embedding codes_;
  CodeHead code_head_;                  // of codes
  nn::Linear to_logits_;                // of bins
  std::optional<MixtureHead> mixture_;  // of continuous scalars
};

}  // namespace asterism::models
