#include "data/epoch_order.h"

#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace asterism::data {
namespace {

// A bijective mixer (the finaliser of SplitMix64): good enough as a Feistel round with an independent key each.
uint64_t mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

EpochOrder::EpochOrder(int64_t n, uint64_t seed, int64_t epoch, bool shuffle) : n_(n), shuffle_(shuffle) {
  ASTERISM_CHECK(n >= 0, "an epoch of {} objects", n);
  if (!shuffle) return;
  base::Random random(seed, uint64_t(epoch), 0, "epoch order");
  if (n <= kShuffleLimit) {
    table_.resize(size_t(n));
    std::iota(table_.begin(), table_.end(), 0);
    random.shuffle(table_);
    return;
  }
  while ((int64_t{1} << (2 * half_bits_)) < n) ++half_bits_;
  for (auto& key : keys_) key = random.bits64();
}

uint64_t EpochOrder::walk(uint64_t value) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = value >> half_bits_, right = value & mask;
  for (const uint64_t key : keys_) {
    const uint64_t next = left ^ (mix(right ^ key) & mask);
    left = right;
    right = next;
  }
  return (left << half_bits_) | right;
}

int64_t EpochOrder::operator[](int64_t i) const {
  if (!shuffle_) return i;
  if (!table_.empty()) return table_[size_t(i)];
  uint64_t value = uint64_t(i);
  do value = walk(value);
  while (value >= uint64_t(n_));
  return int64_t(value);
}

}  // namespace asterism::data
