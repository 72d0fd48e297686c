#include "models/clip_loss.h"

#include "base/error.h"

namespace asterism::models {
namespace {

constexpr double kShortest = 1e-3;

at::Tensor unit(const at::Tensor& x_BE) {
  const auto wide = x_BE.to(at::kFloat);
  return wide / at::linalg_vector_norm(wide, 2, {-1}, true).clamp_min(kShortest);
}

}  // namespace

at::Tensor clip_logits(const at::Tensor& image, const at::Tensor& spectrum, double factor) {
  ASTERISM_CHECK(image.dim() == 2 && image.sizes() == spectrum.sizes(), "pairs of different shapes");
  return factor * at::matmul(unit(image), unit(spectrum).t());
}

at::Tensor clip_loss(const at::Tensor& logits) {
  const auto own = at::arange(logits.size(0), logits.options().dtype(at::kLong).requires_grad(false));
  return (at::cross_entropy_loss(logits, own) + at::cross_entropy_loss(logits.t(), own)) / 2;
}

}  // namespace asterism::models
