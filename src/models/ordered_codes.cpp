#include "models/ordered_codes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/random.h"
#include "nn/quantise.h"

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

at::Tensor ordered_digits(const std::vector<int64_t>& levels, int64_t width, double deviation, uint64_t seed,
                          const std::string& name) {
  const nn::Fsq code(levels);
  const auto digits_VL = code.digits(at::arange(code.vocabulary(), at::kLong));
  const double each = deviation / std::sqrt(double(levels.size()));
  auto sum = at::zeros({code.vocabulary(), width});
  for (size_t d = 0; d < levels.size(); ++d)
    sum += ordered_codes(levels[d], width, each, seed, (name + "#" + std::to_string(d)).c_str())
               .index_select(0, digits_VL.select(1, int64_t(d)));
  return sum;
}

}  // namespace asterism::models
