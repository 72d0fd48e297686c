#include "models/summary.h"

#include "base/random.h"
#include "nn/device.h"
#include "nn/fourier.h"

namespace asterism::models {
namespace {

constexpr double kFarthest = 8;                // in spreads
constexpr double kLowest = 0.5, kHighest = 8;  // radians a spread: of the sines
constexpr double kLeastSpread = 1e-6;

}  // namespace

at::Tensor Jitter::operator()(const std::string& modality, int64_t count) const {
  return size * normals(modality, count, "summary jitter");
}

at::Tensor Jitter::noised(const at::Tensor& x, const std::string& modality) const {
  if (!(noise > 0) || !key.training || x.numel() == 0) return x;
  const auto drawn = normals(modality, x.numel() / x.size(0), "summary noise").reshape(x.sizes());
  return x + noise * nn::onto(x.device(), drawn.to(x.scalar_type()));
}

at::Tensor Jitter::normals(const std::string& modality, int64_t count, const char* purpose) const {
  const auto n = int64_t(hash_N.size());
  auto out = at::empty({n, count}, at::kDouble);
  double* p = out.data_ptr<double>();
  const uint64_t name = base::stable_hash(modality);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(key.seed, uint64_t(key.epoch), hash_N[size_t(i)] ^ name, purpose);
    for (int64_t k = 0; k < count; ++k) *p++ = random.normal();
  }
  return out;
}

SummaryNetwork::SummaryNetwork(const nn::Scope& scope, int64_t width, bool is_linear) : linear(is_linear) {
  if (linear) return;
  frequencies = scope.constant(nn::geometric_frequencies(kLowest, kHighest, width / 2, scope.dtype()));
  mlp = nn::Mlp(scope / "mlp", width, 2 * width, width, false, true);
}

at::Tensor SummaryNetwork::operator()(const at::Tensor& x_NH) const {
  if (linear) return x_NH;
  const int64_t half = x_NH.size(1) / 2;
  const auto y = at::cat({at::gelu(x_NH.narrow(1, 0, half)), at::sin(x_NH.narrow(1, half, half) * frequencies)}, 1);
  return y + mlp(y);
}

at::Tensor usual(const at::Tensor& x, const at::Tensor& seen) {
  const auto rows = x.reshape({-1, x.size(-1)}).to(at::kDouble), weight = seen.reshape(rows.sizes()).to(at::kDouble);
  const auto count = weight.sum(0), mean = (rows * weight).sum(0) / count.clamp_min(1);
  const auto spread = (((rows - mean) * weight).square().sum(0) / count.clamp_min(1)).sqrt();
  const auto known = count.ge(2).logical_and(spread.gt(kLeastSpread));
  return at::stack({at::where(known, mean, at::zeros_like(mean)), at::where(known, spread, at::ones_like(spread))});
}

at::Tensor scaled(const at::Tensor& x, const at::Tensor& usual_2K, const at::Tensor& seen) {
  return ((x - usual_2K[0]) / usual_2K[1]).clamp(-kFarthest, kFarthest) * seen;
}

double median_of(const at::Tensor& x, const at::Tensor& seen) {
  const auto some = x.masked_select(seen.gt(0));
  return some.numel() > 0 ? some.median().item<double>() : 0;
}

}  // namespace asterism::models
