#include "models/target_head.h"

#include <limits>

#include "models/grid_positions.h"
#include "models/token_embedding.h"
#include "nn/losses.h"
#include "tokenizers/spectrum_codec.h"

namespace asterism::models {

TargetHead::TargetHead(const nn::Scope& scope, std::string modality, const ModalitySettings& settings,
                       std::shared_ptr<tokenizers::Tokenizer> codec, int64_t width)
    : modality_(std::move(modality)),
      soft_bins_(settings.soft_bins),
      codec_(std::move(codec)),
      bins_(dynamic_cast<const tokenizers::ScalarBins*>(codec_.get())),
      grid_(token_grid(*codec_, settings.kind)),
      places_(token_places(*codec_, grid_)),
      special_codes_(codec_->vocabulary()),
      plain_codes_(codec_->vocabulary()),
      modality_D_(scope.parameter("modality", {width}, nn::Init::normal(0.5))),
      to_logits_(scope / "to_logits", width, codec_->vocabulary(), true, nn::Init::normal(0.02)) {
  if (const auto* spectrum = dynamic_cast<const tokenizers::SpectrumCodec*>(codec_.get())) {
    special_codes_ = spectrum->settings().norm_bins;
    plain_codes_ = spectrum->code_vocabulary();
  }
  if (one_token()) return;
  positions_PD_ = grid_positions(grid_, width).to(scope.dtype());
  codes_ = nn::Embedding(scope / "codes", codec_->vocabulary(), width, 0.5);
}

at::Tensor TargetHead::queries(const at::Tensor& mask_token_D, const at::Tensor& position_R, const at::Tensor& shown_R,
                               const at::Tensor& ids_R) const {
  const int64_t rows = position_R.size(0);
  if (one_token()) return (mask_token_D + modality_D_).unsqueeze(0).expand({rows, mask_token_D.size(0)});
  const auto shown = shown_R.unsqueeze(1);
  const auto code = codes_(at::where(shown_R, ids_R, at::zeros({}, at::kLong)));
  return at::where(shown, code, mask_token_D.unsqueeze(0)) + positions_PD_.index_select(0, position_R) + modality_D_;
}

at::Tensor TargetHead::allowed(const at::Tensor& logits_RV, const at::Tensor& position_R) const {
  const int64_t v = logits_RV.size(1);
  if (special_codes_ == v && plain_codes_ == v) return logits_RV;
  const auto limit = at::where(position_R.lt(grid_.special), special_codes_, plain_codes_);
  const auto forbidden = at::arange(v, at::kLong).unsqueeze(0).ge(limit.unsqueeze(1));
  return logits_RV.masked_fill(forbidden, -std::numeric_limits<double>::infinity());
}

at::Tensor TargetHead::code_loss(const at::Tensor& x_RD, const at::Tensor& ids_R) const {
  return nn::linear_cross_entropy(x_RD, to_logits_.weight, to_logits_.bias, ids_R);
}

at::Tensor TargetHead::value_loss(const at::Tensor& x_RD, const at::Tensor& value_R) const {
  const auto targets = bins_->soft_targets(value_R, {}, soft_bins_);
  return nn::soft_cross_entropy(logits(x_RD), targets);
}

}  // namespace asterism::models
