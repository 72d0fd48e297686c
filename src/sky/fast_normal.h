#pragma once
// Normal random numbers by the tens of thousands, for pixel noise: single precision, four to a Philox block.

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <string_view>

#include "base/random.h"

namespace asterism::sky {

// A stream named as base::Random's are; the numbers differ from Random::normal's.
class FastNormal {
 public:
  FastNormal(uint64_t seed, uint64_t object, std::string_view purpose)
      : key_(0), counter_{0, 0, uint32_t(object), uint32_t(object >> 32)} {
    base::Random random(seed, 0, 0, purpose);
    key_ = random.bits64();
  }
  void fill(std::span<float> out) {
    for (size_t i = 0; i < out.size(); i += 4) {
      const auto bits = base::philox(counter_, {uint32_t(key_), uint32_t(key_ >> 32)});
      ++counter_[0];
      float made[4];
      for (size_t pair = 0; pair < 4; pair += 2) {
        // 2^-25 keeps the logarithm finite; the largest number is 5.9.
        const float u = float(bits[pair] >> 8) * 0x1.0p-24f + 0x1.0p-25f;
        const float angle = float(bits[pair + 1] >> 8) * (0x1.0p-24f * 2 * std::numbers::pi_v<float>);
        const float radius = std::sqrt(-2 * std::log(u));
        made[pair] = radius * std::cos(angle);
        made[pair + 1] = radius * std::sin(angle);
      }
      for (size_t k = 0; k < 4 && i + k < out.size(); ++k) out[i + k] = made[k];
    }
  }

 private:
  uint64_t key_;
  std::array<uint32_t, 4> counter_;
};

}  // namespace asterism::sky
