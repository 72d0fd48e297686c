#include "nn/fourier.h"

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace asterism::nn {

at::Tensor fourier_features(const at::Tensor& x, const at::Tensor& frequencies_F) {
  const auto type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto angle = x.to(type).unsqueeze(-1) * (frequencies_F.to(x.device(), type) * (2 * std::numbers::pi));
  return at::cat({at::sin(angle), at::cos(angle)}, -1);
}

at::Tensor geometric_frequencies(double low, double high, int64_t count, at::ScalarType dtype) {
  ASTERISM_CHECK(low > 0 && high >= low && count >= 1, "{} frequencies from {} to {}", count, low, high);
  return at::exp(at::linspace(std::log(low), std::log(high), count, at::kDouble)).to(dtype);
}

at::Tensor sincos_positions(const at::Tensor& positions_N, int64_t width, double temperature) {
  ASTERISM_CHECK(width >= 2 && width % 2 == 0, "positions of odd width {}", width);
  const int64_t half = width / 2;
  const auto exponent = at::arange(half, positions_N.options().dtype(at::kDouble)) / double(half);
  const auto w = at::exp(exponent * -std::log(temperature));
  const auto angle = positions_N.to(at::kDouble).unsqueeze(-1) * w;
  return at::cat({at::sin(angle), at::cos(angle)}, -1).to(at::kFloat);
}

at::Tensor sincos_positions(int64_t length, int64_t width, double temperature) {
  return sincos_positions(at::arange(length, at::kDouble), width, temperature);
}

at::Tensor sincos_grid(int64_t height, int64_t width_pixels, int64_t width, double temperature) {
  ASTERISM_CHECK(width >= 4 && width % 4 == 0, "grid positions of width {}", width);
  const auto rows = sincos_positions(height, width / 2, temperature);
  const auto columns = sincos_positions(width_pixels, width / 2, temperature);
  const auto grid = at::cat({rows.unsqueeze(1).expand({height, width_pixels, width / 2}),
                             columns.unsqueeze(0).expand({height, width_pixels, width / 2})},
                            -1);
  return grid.reshape({height * width_pixels, width});
}

}  // namespace asterism::nn
