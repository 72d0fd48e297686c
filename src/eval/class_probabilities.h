#pragma once
// Scores of probabilities of classes against true ones. K classes, numbered from 0.

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::eval {

inline constexpr double kLeastProbability = 1e-6;  // a class that was ruled out costs no more than it

// Of one object; truth in 0 .. K - 1 (CheckError).
double class_log_loss(std::span<const double> probability, int64_t truth);  // -ln p of the truth, nats
double brier_score(std::span<const double> probability, int64_t truth);     // sum of (p - [true])^2: 0 to 2

// Whether what is said with probability p is right in a share p of the cases: N objects in bins of as many objects as
// can be, by confidence.
struct Reliability {
  std::vector<double> confidence, right;  // means of each bin, ascending in confidence
  std::vector<int64_t> objects;
  double error() const;  // expected calibration error: the mean |right - confidence| over the objects (Guo et al. 2017)
};
// confidence: probability of the class that is said; right: whether it is true. At least one object (CheckError); no
// more bins than objects.
Reliability reliability(std::span<const double> confidence, std::span<const uint8_t> right, int64_t bins);

}  // namespace asterism::eval
