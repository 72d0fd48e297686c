#pragma once
// The order of an epoch: a permutation of 0..n-1 that depends on (seed, epoch) alone and can be entered anywhere.

#include <array>
#include <cstdint>
#include <vector>

namespace asterism::data {

// Small epochs are shuffled outright (Fisher-Yates); from kShuffleLimit on, the permutation is a keyed Feistel network
// over the next power of four, walked along its cycle until it falls below n (Black & Rogaway 2002, "Ciphers with
// arbitrary finite domains"): no memory, and the i-th entry costs the same wherever i is.
class EpochOrder {
 public:
  static constexpr int64_t kShuffleLimit = 1 << 16;

  EpochOrder(int64_t n, uint64_t seed, int64_t epoch, bool shuffle);
  int64_t size() const { return n_; }
  int64_t operator[](int64_t i) const;  // 0 <= i < n

 private:
  uint64_t walk(uint64_t value) const;
  int64_t n_;
  bool shuffle_;
  std::vector<int32_t> table_;
  int half_bits_ = 0;
  std::array<uint64_t, 8> keys_{};
};

}  // namespace asterism::data
