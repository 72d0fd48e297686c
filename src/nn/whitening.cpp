#include "nn/whitening.h"

#include <algorithm>

#include "nn/autocast.h"

namespace asterism::nn {
namespace {

// The inverse of the lower triangle whose square is the covariance. Without its check: numbers that are not finite must
// reach the loss, where the loop stops and names their objects.
at::Tensor whitener(const at::Tensor& covariance_DD, double epsilon) {
  const auto one_DD = at::eye(covariance_DD.size(0), covariance_DD.options());
  const auto triangle_DD = std::get<0>(at::linalg_cholesky_ex(covariance_DD + one_DD * epsilon));
  return at::linalg_solve_triangular(triangle_DD, one_DD, false);
}

// x W^T, a number at a time: a matrix product may round differently for other numbers of rows.
at::Tensor times(const at::Tensor& x_ND, const at::Tensor& whitener_DD) {
  auto sum = at::zeros_like(x_ND);
  for (int64_t d = 0; d < x_ND.size(1); ++d) sum = sum + x_ND.narrow(1, d, 1) * whitener_DD.select(1, d);
  return sum;
}

}  // namespace

Whitening::Whitening(const Scope& scope, int64_t width, double memory, double epsilon)
    : mean(scope.buffer("mean", at::zeros({width}, scope.dtype()))),
      covariance(scope.buffer("covariance", at::eye(width, at::TensorOptions().dtype(scope.dtype())))),
      batches(scope.buffer("batches", at::zeros({}, at::kLong))),
      memory(memory),
      epsilon(epsilon) {}

at::Tensor Whitening::operator()(const at::Tensor& x_in) const {
  const Autocast exact(Precision::fp32, x_in.device().type());
  const int64_t D = mean.size(0);
  const auto x_ND = x_in.to(mean.scalar_type()).reshape({-1, D});
  if (!at::GradMode::is_enabled() || x_ND.size(0) <= D)
    return times(x_ND - mean, whitener(covariance, epsilon)).view(x_in.sizes());
  const auto centre_D = x_ND.mean(0), apart_ND = x_ND - centre_D;
  const auto spread_DD = at::mm(apart_ND.t(), apart_ND) / double(x_ND.size(0));
  {
    at::NoGradGuard no_grad;
    // the first batches count in full, so that the start (0, 1) is forgotten at once
    batches.add_(1);
    if (mean.is_cpu()) {
      const double seen = batches.item<double>(), share = std::max(1 - memory, 1 / seen);
      mean.lerp_(centre_D.detach(), share);
      covariance.lerp_(spread_DD.detach(), share);
    } else {  // without waiting for the number
      const auto share = batches.to(mean.scalar_type()).reciprocal().clamp_min(1 - memory);
      mean.lerp_(centre_D.detach(), share);
      covariance.lerp_(spread_DD.detach(), share);
    }
  }
  return at::mm(apart_ND, whitener(spread_DD, epsilon).t()).view(x_in.sizes());
}

}  // namespace asterism::nn
