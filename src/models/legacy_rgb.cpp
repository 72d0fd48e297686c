#include "models/legacy_rgb.h"

#include <cmath>

#include "base/error.h"
#include "nn/device.h"

namespace asterism::models {

at::Tensor legacy_rgb(const at::Tensor& flux, const LegacyRgbSettings& settings) {
  const auto bands = int64_t(settings.scales.size());
  ASTERISM_CHECK(flux.dim() >= 3 && flux.size(-3) == bands, "{} planes, {} scales", flux.size(-3), bands);
  const auto scales = nn::onto(flux.device(), at::tensor(settings.scales, at::kDouble).view({bands, 1, 1}));
  const auto x = flux.to(at::kDouble) * scales + settings.offset;
  const auto intensity = x.clamp_min(0).mean(-3, true);
  const auto stretched = at::asinh(intensity * settings.softening) / std::sqrt(settings.softening);
  const auto divisor = at::where(intensity.eq(0), at::scalar_tensor(1e-6, at::kDouble), intensity);
  return (x * (stretched / divisor)).clamp(0, 1).flip(-3).to(at::kFloat);
}

int64_t centre_margin(int64_t whole, int64_t part) {
  return int64_t(std::nearbyint(double(whole - part) / 2));  // halves go to the even side
}

at::Tensor centre_crop(const at::Tensor& images, int64_t height, int64_t width) {
  const int64_t H = images.size(-2), W = images.size(-1);
  ASTERISM_CHECK(height <= H && width <= W, "a crop of {} x {} out of {} x {}", height, width, H, W);
  return images.narrow(-2, centre_margin(H, height), height).narrow(-1, centre_margin(W, width), width);
}

}  // namespace asterism::models
