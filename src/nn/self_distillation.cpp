#include "nn/self_distillation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace asterism::nn {
namespace {

at::Tensor wide(const at::Tensor& x) { return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat); }

}  // namespace

at::Tensor centred_targets(const at::Tensor& logits, const at::Tensor& centre, double temperature) {
  const at::NoGradGuard no_grad;
  ASTERISM_CHECK(temperature > 0, "temperature {}", temperature);
  const auto x = wide(logits);
  return at::softmax((x - centre.to(x.scalar_type())) / temperature, 1);
}

at::Tensor sinkhorn_targets(const at::Tensor& logits, double temperature, int64_t rounds) {
  const at::NoGradGuard no_grad;
  ASTERISM_CHECK(temperature > 0 && rounds >= 1, "temperature {}, {} rounds", temperature, rounds);
  auto x = wide(logits) / temperature;
  if (x.numel() == 0) return x;
  const double each = std::log(double(x.size(0)) / double(x.size(1)));
  for (int64_t k = 0; k < rounds; ++k) {
    x = x - at::logsumexp(x, {0}, true) + each;
    x = x - at::logsumexp(x, {1}, true);
  }
  return x.exp();
}

at::Tensor koleo(const at::Tensor& vectors, double epsilon) {
  const auto x = wide(vectors);
  if (x.size(0) < 2) return x.sum() * 0;
  const auto unit = x / at::linalg_vector_norm(x, 2, {-1}, true).clamp_min(epsilon);
  at::Tensor nearest;
  {
    const at::NoGradGuard no_grad;
    auto product = at::matmul(unit, unit.t());
    product.fill_diagonal_(-2);
    nearest = product.argmax(1);
  }
  const auto square = (unit - unit.index_select(0, nearest)).square().sum(1);
  return -((square + epsilon * epsilon).sqrt() + epsilon).log().mean();
}

double cosine_between(double start, double end, double progress) {
  const double done = std::clamp(progress, 0.0, 1.0);
  return end + (start - end) * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

}  // namespace asterism::nn
