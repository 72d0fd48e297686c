#include "models/target_head.h"

#include <cmath>

#include "base/error.h"
#include "models/grid_positions.h"
#include "models/ordered_codes.h"
#include "models/token_embedding.h"
#include "nn/device.h"
#include "nn/losses.h"

namespace asterism::models {

TargetHead::TargetHead(const nn::Scope& scope, std::string modality, const ModalitySettings& settings,
                       std::shared_ptr<tokenizers::Tokenizer> codec, int64_t width)
    : modality_(std::move(modality)),
      soft_bins_(settings.soft_bins),
      codec_(std::move(codec)),
      bins_(dynamic_cast<const tokenizers::ScalarBins*>(codec_.get())),
      grid_(token_grid(*codec_, settings.kind)),
      places_(token_places(*codec_, grid_)),
      modality_D_(scope.parameter("modality", {width}, nn::Init::normal(0.5))) {
  if (settings.kind == "scalar" && bins_ == nullptr)
    base::user_error(
        "'{}' has a tokenizer of kind '{}', and scalars are predicted on bins of their own or by a mixture: leave its "
        "codec out, or set target = false",
        modality_, codec_->kind());
  if (settings.head == "mixture") {
    mixture_.emplace(scope, modality_, settings.scale, settings.components, width);
  } else if (bins_ != nullptr) {
    to_logits_ = nn::Linear(scope / "to_logits", width, codec_->vocabulary(), true, nn::Init::normal(0.02));
    if (soft_bins_ > 0 && !scope.given()) order_bins(scope);
  } else {
    code_head_ = CodeHead(scope, modality_, code_book(*codec_, grid_.special), width, settings.head == "levels",
                          settings.soft_bins);
  }
  if (one_token()) return;
  positions_PD_ = scope.constant(grid_positions(grid_, width).to(scope.dtype()));
  codes_ = nn::Embedding(scope / "codes", codec_->vocabulary(), width, 0.5);
}

// Of a normalised vector the first logits are then waves over the bins, of a deviation of 1: a posterior that moves
// with few directions of it, where rows drawn one by one have to learn of each bin that it lies between its neighbours.
void TargetHead::order_bins(const nn::Scope& scope) {
  const at::NoGradGuard no_grad;
  const int64_t width = to_logits_.weight.size(1);
  to_logits_.weight.copy_(ordered_codes(to_logits_.weight.size(0), width, 1 / std::sqrt(double(width)), scope.seed(),
                                        scope.name("to_logits").c_str()));
}

at::Tensor TargetHead::queries(const at::Tensor& mask_token_D, const at::Tensor& position_R, const at::Tensor& shown_R,
                               const at::Tensor& ids_R) const {
  const int64_t rows = position_R.size(0);
  if (one_token()) return (mask_token_D + modality_D_).unsqueeze(0).expand({rows, mask_token_D.size(0)});
  const auto there = nn::onto(mask_token_D.device(), {at::where(shown_R, ids_R, at::zeros({}, at::kLong)), position_R});
  const auto shown = nn::onto(mask_token_D.device(), shown_R).unsqueeze(1);
  return at::where(shown, codes_(there[0]), mask_token_D.unsqueeze(0)) + positions_PD_.index_select(0, there[1]) +
         modality_D_;
}

void TargetHead::fit(const modalities::ScalarBlock& block) {
  if (mixture_) mixture_->fit(block);
}

at::Tensor TargetHead::logits(const at::Tensor& x_RD) const {
  ASTERISM_CHECK(to_logits_.weight.defined(), "'{}' is not predicted on bins", modality_);
  return to_logits_(x_RD);
}

ScalarMixture TargetHead::mixture(const at::Tensor& x_RD) const {
  ASTERISM_CHECK(mixture_.has_value(), "'{}' is not predicted by a mixture", modality_);
  return mixture_->mixture(x_RD);
}

at::Tensor TargetHead::code_logits(const at::Tensor& x_RD, const at::Tensor& position_R) const {
  return code_head_(x_RD, position_R);
}

at::Tensor TargetHead::code_loss(const at::Tensor& x_RD, const at::Tensor& position_R, const at::Tensor& ids_R,
                                 int64_t chunk) const {
  return code_head_.loss(x_RD, position_R, ids_R, chunk);
}

at::Tensor TargetHead::value_loss(const at::Tensor& x_RD, const at::Tensor& given_R, int64_t chunk) const {
  const auto value_R = nn::onto(x_RD.device(), given_R);
  if (mixture_) return mixture_->loss(x_RD, value_R);
  const auto soft = [&](int64_t start, int64_t rows) {
    return bins_->soft_targets(value_R.narrow(0, start, rows), {}, soft_bins_);
  };
  const int64_t rows = value_R.size(0);
  if (rows <= chunk) return nn::soft_cross_entropy(logits(x_RD), soft(0, rows));
  return nn::linear_soft_cross_entropy(x_RD, to_logits_.weight, to_logits_.bias, soft, chunk);
}

at::Tensor TargetHead::value_log_p(const at::Tensor& x_RD, const at::Tensor& given_R) const {
  const auto value_R = nn::onto(x_RD.device(), given_R);
  if (mixture_) return mixture_->log_p(x_RD, value_R);
  auto logits_RK = logits(x_RD);
  if (logits_RK.scalar_type() != at::kDouble) logits_RK = logits_RK.to(at::kFloat);
  return at::log_softmax(logits_RK, 1).gather(1, bins_->bins_of(value_R).unsqueeze(1)).squeeze(1);
}

}  // namespace asterism::models
