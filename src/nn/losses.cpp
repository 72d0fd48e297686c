#include "nn/losses.h"

#include "base/error.h"
#include "nn/tile_linear.h"

namespace asterism::nn {

namespace {

at::Tensor in_fp32(const at::Tensor& x) { return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat); }

}  // namespace

at::Tensor weighted_mean(const at::Tensor& x, const at::Tensor& weight) {
  if (!weight.defined()) return x.numel() > 0 ? x.mean() : x.sum();
  const auto w = weight.to(x.scalar_type());
  const auto total = (w.sizes() == x.sizes() ? w : w.expand_as(x)).sum();
  // where a weight is 0 its value must not matter, even if it is not finite
  const auto counted = at::where(w > 0, x * w, at::zeros({}, x.options()));
  return counted.sum() / at::where(total > 0, total, at::ones({}, total.options()));
}

at::Tensor cross_entropy(const at::Tensor& logits_NV, const at::Tensor& target_N, const at::Tensor& weight_N) {
  const auto each = at::cross_entropy_loss(in_fp32(logits_NV), target_N, {}, at::Reduction::None);
  return weighted_mean(each, weight_N);
}

at::Tensor soft_cross_entropy(const at::Tensor& logits_NV, const at::Tensor& target_NV, const at::Tensor& weight_N) {
  const auto log_p = at::log_softmax(in_fp32(logits_NV), -1);
  return weighted_mean(-(log_p * target_NV.to(log_p.scalar_type())).sum(-1), weight_N);
}

namespace {

// A loss of the rows of one chunk by their log-probabilities [R, V]: what is added to the whole loss, and (only where
// it is learned from) its derivative by the logits, into which log_p may be turned.
struct ChunkLoss {
  at::Tensor value, slope_RV;
};
using ChunkLossOf = std::function<ChunkLoss(const at::Tensor& log_p_RV, int64_t start, bool learn)>;

at::Tensor linear_loss_in_chunks(const at::Tensor& hidden_ND, const at::Tensor& weight_VD, const at::Tensor& bias_V,
                                 int64_t chunk, const ChunkLossOf& loss_of) {
  ASTERISM_CHECK(chunk >= 1 && hidden_ND.dim() == 2, "rows of {} dimensions in chunks of {}", hidden_ND.dim(), chunk);
  const bool learn = at::GradMode::is_enabled() && (hidden_ND.requires_grad() || weight_VD.requires_grad() ||
                                                    (bias_V.defined() && bias_V.requires_grad()));
  const auto hidden = hidden_ND.detach(), matrix = weight_VD.detach();
  const auto bias = bias_V.defined() ? bias_V.detach() : at::Tensor();
  const auto type = hidden.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  auto loss = at::zeros({}, hidden.options().dtype(type));
  at::Tensor grad_hidden, grad_matrix, grad_bias;
  if (learn) {
    grad_hidden = at::empty(hidden.sizes(), hidden.options().dtype(type));
    grad_matrix = at::zeros(matrix.sizes(), matrix.options().dtype(type));
    if (bias.defined()) grad_bias = at::zeros(bias.sizes(), bias.options().dtype(type));
  }
  {
    at::NoGradGuard no_grad;
    for (int64_t start = 0; start < hidden.size(0); start += chunk) {
      const int64_t rows = std::min(chunk, hidden.size(0) - start);
      const auto h = hidden.narrow(0, start, rows);
      const auto part = loss_of(at::log_softmax(in_fp32(linear_product(h, matrix, bias)), -1), start, learn);
      loss.add_(part.value);
      if (!learn) continue;
      grad_hidden.narrow(0, start, rows).copy_(matrix_product(part.slope_RV, matrix));
      grad_matrix.add_(matrix_product(part.slope_RV.t(), h));
      if (bias.defined()) grad_bias.add_(part.slope_RV.sum(0));
    }
  }
  if (!learn) return loss;
  // A function that is linear in its inputs with these gradients, and has the value of the loss.
  auto carrier = (hidden_ND * grad_hidden).sum() + (weight_VD * grad_matrix).sum();
  if (bias.defined()) carrier = carrier + (bias_V * grad_bias).sum();
  return loss + (carrier - carrier.detach());
}

}  // namespace

at::Tensor linear_cross_entropy(const at::Tensor& hidden_ND, const at::Tensor& weight_VD, const at::Tensor& bias_V,
                                const at::Tensor& target_N, const at::Tensor& weight_N, int64_t chunk) {
  const auto type = hidden_ND.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  auto w = weight_N.defined() ? weight_N.to(type) : at::ones({hidden_ND.size(0)}, target_N.options().dtype(type));
  w = w / w.sum().clamp_min(1e-30);
  return linear_loss_in_chunks(hidden_ND, weight_VD, bias_V, chunk,
                               [&](const at::Tensor& log_p, int64_t start, bool learn) -> ChunkLoss {
                                 const auto row_weight = w.narrow(0, start, log_p.size(0)).unsqueeze(1);
                                 const auto target = target_N.narrow(0, start, log_p.size(0)).unsqueeze(1);
                                 const auto value = -(log_p.gather(1, target) * row_weight).sum();
                                 if (!learn) return {value, {}};
                                 auto slope = log_p.exp();
                                 slope.scatter_add_(1, target, -at::ones_like(target, slope.options()));
                                 return {value, slope.mul_(row_weight)};
                               });
}

at::Tensor linear_soft_cross_entropy(const at::Tensor& hidden_ND, const at::Tensor& weight_VD, const at::Tensor& bias_V,
                                     const ChunkTarget& target, int64_t chunk) {
  const double each = 1 / std::max(1.0, double(hidden_ND.size(0)));
  return linear_loss_in_chunks(hidden_ND, weight_VD, bias_V, chunk,
                               [&](const at::Tensor& log_p, int64_t start, bool learn) -> ChunkLoss {
                                 const auto wanted = target(start, log_p.size(0)).to(log_p.scalar_type());
                                 const auto value = -(log_p * wanted).sum() * each;
                                 if (!learn) return {value, {}};
                                 return {value, log_p.exp().mul_(wanted.sum(1, true)).sub_(wanted).mul_(each)};
                               });
}

at::Tensor huber(const at::Tensor& residual, double delta) {
  if (delta <= 0) return residual.square() * 0.5;
  const auto size = residual.abs();
  const auto inside = size.clamp_max(delta);
  return inside * (size - inside * 0.5);
}

}  // namespace asterism::nn
