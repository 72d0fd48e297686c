#pragma once
// The head of an adapted model: what a backbone made of objects, to one answer each. Letters: N objects, R tokens of
// all objects, D width of the backbone, H hidden.

#include <ATen/ATen.h>

#include <optional>

#include "models/adapted_settings.h"
#include "models/mixture_head.h"
#include "models/posterior.h"
#include "nn/attention.h"
#include "nn/mlp.h"
#include "nn/norm.h"
#include "nn/ranges.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {

class AdaptedHead {
 public:
  static constexpr const char* kTemperature = "temperature";  // its name; models saved before it have none

  AdaptedHead(const nn::Scope& scope, const AdaptedSettings& settings, int64_t width);

  // Learns bins and scale from the labels that are there; what is known stays. Bins of values are as fine as labels are
  // dense and reach beyond them, the farther the fewer they are: few labels do not span what there is.
  void fit(const modalities::ScalarBlock& labels);

  // Answers from one vector an object, or from its tokens (rows of each object one after the other).
  at::Tensor of_vectors(const at::Tensor& vectors_ND) const;  // -> [N, H]
  at::Tensor of_tokens(const at::Tensor& rows_RD, const nn::Ranges& objects) const;

  // Of answers: mean -ln p of labels (float64 [N]); the posterior. UserError for a label that is no class.
  at::Tensor loss(const at::Tensor& answer_NH, const at::Tensor& label_N) const;
  ScalarPosterior posterior(const at::Tensor& answer_NH) const;

  // Sets the temperature of the posterior (temperature.h) by answers that training did not see, and returns it.
  double calibrate(const at::Tensor& answer_NH, const at::Tensor& label_N);
  const std::shared_ptr<tokenizers::ScalarBins>& bins() const { return bins_; }
  void take_bins(std::shared_ptr<tokenizers::ScalarBins> bins) { bins_ = std::move(bins); }

 private:
  AdaptedSettings settings_;
  nn::LayerNorm norm_;
  nn::Mlp mlp_;                         // mlp, tokens
  at::Tensor query_1D_;                 // attentive
  nn::CrossAttention attention_;        // attentive
  nn::Linear to_logits_;                // of classes
  std::optional<MixtureHead> mixture_;  // of values
  at::Tensor temperature_1_;            // float64, a buffer; 1 before calibrate
  std::shared_ptr<tokenizers::ScalarBins> bins_;
};

// Mean over the rows of each object; zeros where it has none.
at::Tensor mean_rows(const at::Tensor& rows_RD, const nn::Ranges& objects);

}  // namespace asterism::models
