#include "models/patch_sums.h"

#include "base/error.h"

namespace asterism::models {

namespace {

constexpr double kMostSigma = 1e6;

// Sums over the whole patch and its quarters: [R, C, p, p] -> [R, C, 5].
at::Tensor of_regions(const at::Tensor& x) {
  const int64_t p = x.size(2), half = p / 2;
  const auto quarter = [&](int64_t row, int64_t column) {
    return x.narrow(2, row * half, row == 0 ? half : p - half)
        .narrow(3, column * half, column == 0 ? half : p - half)
        .sum({2, 3});
  };
  const auto a = quarter(0, 0), b = quarter(0, 1), c = quarter(1, 0), d = quarter(1, 1);
  return at::stack({a + b + c + d, a, b, c, d}, 2);
}

}  // namespace

PatchSums patch_sums(const at::Tensor& flux, const at::Tensor& ivar, const at::Tensor& good) {
  ASTERISM_CHECK(flux.dim() == 4 && flux.size(2) >= 2 && flux.size(2) == flux.size(3), "patches of {} x {}",
                 flux.size(-2), flux.size(-1));
  const auto type = flux.scalar_type();
  const auto bad = good.logical_not();
  const auto sum = of_regions(flux.masked_fill(bad, 0)), count = of_regions(good.to(type)),
             variance = of_regions(ivar.to(type).clamp(1e-20, 1e20).reciprocal().masked_fill(bad, 0));
  const auto spread = variance.sqrt();
  PatchSums out;
  out.signal_RC5 = (sum / spread.clamp_min(1e-20)).clamp(-kMostSigma, kMostSigma).asinh().masked_fill(count < 1, 0);
  out.error_RC5 = spread / count.clamp_min(1);
  const auto all = of_regions(at::ones({1, 1, flux.size(2), flux.size(3)}, flux.options()));
  out.share_RC5 = count / all;
  return out;
}

}  // namespace asterism::models
