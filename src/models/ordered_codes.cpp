#include "models/ordered_codes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/random.h"

namespace asterism::models {

at::Tensor ordered_codes(int64_t codes, int64_t width, double deviation, uint64_t seed, const char* name) {
  ASTERISM_CHECK(codes > 0 && width > 0, "a table of {} codes of {} numbers", codes, width);
  constexpr int64_t kWaves = 16;
  const double shortest = std::max(1.0, double(codes) / 8);
  auto waves = at::empty({codes, 2 * kWaves}, at::kDouble), direction = at::empty({2 * kWaves, width}, at::kDouble);
  base::Random random(seed, 0, 0, name);
  auto to = waves.accessor<double, 2>(), along = direction.accessor<double, 2>();
  for (int64_t k = 0; k < kWaves; ++k) {
    const double periods = 0.5 * std::pow(2 * shortest, double(k) / (kWaves - 1)), strength = 1 / std::sqrt(periods);
    for (int64_t c = 0; c < codes; ++c) {
      const double phase = 2 * std::numbers::pi * periods * (double(c) + 0.5) / double(codes);
      to[c][2 * k] = strength * std::cos(phase);
      to[c][2 * k + 1] = strength * std::sin(phase);
    }
    for (int64_t d = 0; d < width; ++d) along[2 * k][d] = random.normal(), along[2 * k + 1][d] = random.normal();
  }
  const auto rows = at::matmul(waves, direction);
  return (rows * (deviation / rows.square().mean().sqrt())).to(at::kFloat);
}

}  // namespace asterism::models
