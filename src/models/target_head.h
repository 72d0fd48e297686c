#pragma once
// What is asked of one modality: its codes (from the codec), the query that asks, and the logits that answer.
// Letters: N objects, T tokens of the modality, R rows asked, D width, V codes or bins.

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "models/any_to_any_settings.h"
#include "models/budget.h"
#include "nn/embedding.h"
#include "nn/linear.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {

class TargetHead {
 public:
  // The codec decides the size; a scalar's is ScalarBins.
  TargetHead(const nn::Scope& scope, std::string modality, const ModalitySettings& settings,
             std::shared_ptr<tokenizers::Tokenizer> codec, int64_t width);

  const std::string& modality() const { return modality_; }
  const Grid& grid() const { return grid_; }
  const Places& places() const { return places_; }
  bool one_token() const { return grid_.positions() == 1; }
  tokenizers::Tokenizer& codec() const { return *codec_; }
  std::shared_ptr<tokenizers::Tokenizer> shared_codec() const { return codec_; }
  const tokenizers::ScalarBins* bins() const { return bins_; }  // nullptr when the modality is no scalar

  // mask token (or the embedded code where shown) + place + modality -> [R, D]. ids_R is read only where shown.
  at::Tensor queries(const at::Tensor& mask_token_D, const at::Tensor& position_R, const at::Tensor& shown_R,
                     const at::Tensor& ids_R) const;

  at::Tensor logits(const at::Tensor& x_RD) const { return to_logits_(x_RD); }
  // Sets codes that cannot stand at a position (a normalisation token has its own range) to -infinity.
  at::Tensor allowed(const at::Tensor& logits_RV, const at::Tensor& position_R) const;

  // Mean cross-entropy of hidden rows against codes.
  at::Tensor code_loss(const at::Tensor& x_RD, const at::Tensor& ids_R) const;
  // The same for a scalar against soft targets around values (float64 [R]).
  at::Tensor value_loss(const at::Tensor& x_RD, const at::Tensor& value_R) const;

 private:
  std::string modality_;
  double soft_bins_;
  std::shared_ptr<tokenizers::Tokenizer> codec_;
  const tokenizers::ScalarBins* bins_;
  Grid grid_;
  Places places_;
  int64_t special_codes_, plain_codes_;
  at::Tensor positions_PD_, modality_D_;
  nn::Embedding codes_;
  nn::Linear to_logits_;
};

}  // namespace asterism::models
