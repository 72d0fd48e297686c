#include "nn/running_norm.h"

#include <algorithm>

#include "nn/autocast.h"

namespace asterism::nn {

RunningNorm::RunningNorm(const Scope& scope, int64_t width, double memory, double epsilon)
    : mean(scope.buffer("mean", at::zeros({width}, scope.dtype()))),
      variance(scope.buffer("variance", at::ones({width}, scope.dtype()))),
      batches(scope.buffer("batches", at::zeros({}, at::kLong))),
      memory(memory),
      epsilon(epsilon) {}

at::Tensor RunningNorm::operator()(const at::Tensor& x_in) const {
  const Autocast exact(Precision::fp32, x_in.device().type());
  const auto x = x_in.to(mean.scalar_type()).reshape({-1, mean.size(0)});
  if (!at::GradMode::is_enabled() || x.size(0) < 2)
    return ((x - mean) * at::rsqrt(variance + epsilon)).view(x_in.sizes());
  const auto centre = x.mean(0), spread = (x - centre).square().mean(0);
  {
    at::NoGradGuard no_grad;
    // the first batches count in full, so that the start (0, 1) is forgotten at once
    batches.add_(1);
    const double seen = batches.item<double>(), share = std::max(1 - memory, 1 / seen);
    mean.lerp_(centre.detach(), share);
    variance.lerp_(spread.detach(), share);
  }
  return ((x - centre) * at::rsqrt(spread + epsilon)).view(x_in.sizes());
}

}  // namespace asterism::nn
