#include "base/random.h"

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace asterism::base {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  constexpr uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = kMultiplier0 * c[0], p1 = kMultiplier1 * c[2];
    c = {uint32_t(p1 >> 32) ^ c[1] ^ k[0], uint32_t(p1), uint32_t(p0 >> 32) ^ c[3] ^ k[1], uint32_t(p0)};
    k[0] += kWeyl0;
    k[1] += kWeyl1;
  }
  return c;
}

uint64_t stable_hash(std::string_view text) {
  // FNV-1a, then the 64-bit finaliser of MurmurHash3: FNV alone leaves the high bits of short texts alike.
  uint64_t h = 0xCBF29CE484222325ULL;
  for (unsigned char c : text) h = (h ^ c) * 0x100000001B3ULL;
  h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCDULL;
  h = (h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53ULL;
  return h ^ (h >> 33);
}

Random::Random(uint64_t seed, uint64_t epoch, uint64_t object, std::string_view purpose) {
  // Purpose and epoch are folded into the key with the seed; the object takes the upper half of the counter, and the
  // lower half counts blocks, so streams of one key can never overlap.
  const uint64_t mixed = stable_hash(purpose) + 0x9E3779B97F4A7C15ULL * (epoch + 1);
  const auto k = philox({uint32_t(seed), uint32_t(seed >> 32), uint32_t(mixed), uint32_t(mixed >> 32)}, {0, 0});
  key_ = {k[0], k[1]};
  counter_ = {0, 0, uint32_t(object), uint32_t(object >> 32)};
}

void Random::refill() {
  block_ = philox(counter_, key_);
  if (++counter_[0] == 0) ++counter_[1];
  used_ = 0;
}

uint32_t Random::bits32() {
  if (used_ == 4) refill();
  return block_[used_++];
}

uint64_t Random::bits64() {
  const uint64_t low = bits32();
  return low | uint64_t(bits32()) << 32;
}

double Random::uniform() { return double(bits64() >> 11) * 0x1.0p-53; }
double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

uint64_t Random::below(uint64_t n) {
  ASTERISM_CHECK(n >= 1);
  const uint64_t reject = (0 - n) % n;  // 2^64 mod n: draws below it would favour small results
  uint64_t x = bits64();
  while (x < reject) x = bits64();
  return x % n;
}

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_normal_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  const double angle = 2 * std::numbers::pi * uniform();
  spare_normal_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

double Random::exponential() { return -std::log(1 - uniform()); }

double Random::gamma(double shape) {
  ASTERISM_CHECK(shape > 0, "shape {}", shape);
  if (shape < 1) return gamma(shape + 1) * std::pow(1 - uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(), v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

uint64_t Random::poisson(double mean) {
  ASTERISM_CHECK(mean >= 0, "mean {}", mean);
  if (mean < 30) {  // multiply uniforms until they fall below exp(-mean)
    const double limit = std::exp(-mean);
    double product = 1 - uniform();
    uint64_t n = 0;
    for (; product > limit; ++n) product *= 1 - uniform();
    return n;
  }
  const double b = 0.931 + 2.53 * std::sqrt(mean), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = uniform() - 0.5, v = 1 - uniform(), us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return uint64_t(k);
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const double left = std::log(v * inverse_alpha / (a / (us * us) + b));
    if (left <= k * std::log(mean) - mean - std::lgamma(k + 1)) return uint64_t(k);
  }
}

}  // namespace asterism::base
