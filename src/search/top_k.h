#pragma once
// The k best of a stream of (nearness, row), in any order of arrival.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace asterism::search {

struct Candidate {
  float nearness;  // larger is nearer
  uint64_t row;
};

// A total order, so that the best k are one definite set: equal nearness goes to the lower row.
inline bool nearer(const Candidate& a, const Candidate& b) {
  return a.nearness > b.nearness || (a.nearness == b.nearness && a.row < b.row);
}

// A reservoir of up to 2k candidates, cut back to the best k when full: fewer moves than a heap, and none for a
// candidate that the last cut already rules out.
class TopK {
 public:
  explicit TopK(size_t k) : k_(k), capacity_(k + std::max<size_t>(k, 32)) {}

  // Nothing below this can enter; compare with it before calling offer(). NaN is below everything.
  float threshold() const { return worst_.nearness; }

  void offer(float nearness, uint64_t row) {
    const Candidate candidate{nearness, row};
    if (!nearer(candidate, worst_)) return;
    kept_.push_back(candidate);
    if (kept_.size() == capacity_) cut();
  }

  void offer_all(const TopK& other) {
    for (const Candidate& candidate : other.kept_) offer(candidate.nearness, candidate.row);
  }

  // The best of all offered, at most k, nearest first.
  const std::vector<Candidate>& sorted() {
    if (kept_.size() > k_) cut();
    std::sort(kept_.begin(), kept_.end(), nearer);
    return kept_;
  }

 private:
  void cut() {
    const auto last = kept_.begin() + std::ptrdiff_t(k_) - 1;
    std::nth_element(kept_.begin(), last, kept_.end(), nearer);
    worst_ = *last;
    kept_.resize(k_);
  }

  size_t k_, capacity_;
  Candidate worst_{-std::numeric_limits<float>::infinity(), std::numeric_limits<uint64_t>::max()};
  std::vector<Candidate> kept_;
};

}  // namespace asterism::search
