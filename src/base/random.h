#pragma once
// Counter-based randomness (Philox 4x32-10; Salmon et al. 2011, SC11). Every random choice is a function of
// (seed, epoch, object, purpose), so that order, masks and noise never depend on threads, processes or resuming.

#include <array>
#include <cstdint>
#include <string_view>

namespace asterism::base {

// One Philox block: 4 x 32 random bits for a 128-bit counter and a 64-bit key.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// A stable 64-bit hash of text (the same on every machine and in every version): object ids and purposes go through it.
uint64_t stable_hash(std::string_view text);

// A stream of random numbers named by what it is for. Two streams with any differing argument are independent.
// Copyable and cheap (64 bytes); make one per object, do not share one between threads.
class Random {
 public:
  Random(uint64_t seed, uint64_t epoch, uint64_t object, std::string_view purpose);

  uint32_t bits32();
  uint64_t bits64();
  double uniform();                         // [0, 1), 53 bits
  double uniform(double low, double high);  // [low, high)
  uint64_t below(uint64_t n);               // 0 .. n-1, unbiased; n >= 1
  double normal();                          // mean 0, variance 1 (Box-Muller)
  double exponential();                     // mean 1
  double gamma(double shape);               // scale 1 (Marsaglia & Tsang 2000); shape > 0
  uint64_t poisson(double mean);            // mean >= 0; exact below 30, transformed rejection above (Hormann 1993)

  // So that a Random can drive <algorithm>: std::shuffle(..., random) is NOT stable across libraries; use shuffle().
  template <class Container>
  void shuffle(Container& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  void refill();
  std::array<uint32_t, 4> counter_{};
  std::array<uint32_t, 2> key_{};
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
  double spare_normal_ = 0;
  bool has_spare_ = false;
};

}  // namespace asterism::base
