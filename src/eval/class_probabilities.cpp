#include "eval/class_probabilities.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace asterism::eval {

double class_log_loss(std::span<const double> probability, int64_t truth) {
  ASTERISM_CHECK(truth >= 0 && truth < int64_t(probability.size()), "class {} of {}", truth, probability.size());
  return -std::log(std::max(probability[size_t(truth)], kLeastProbability));
}

double brier_score(std::span<const double> probability, int64_t truth) {
  ASTERISM_CHECK(truth >= 0 && truth < int64_t(probability.size()), "class {} of {}", truth, probability.size());
  double sum = 0;
  for (size_t k = 0; k < probability.size(); ++k) {
    const double off = probability[k] - (int64_t(k) == truth ? 1 : 0);
    sum += off * off;
  }
  return sum;
}

double Reliability::error() const {
  double sum = 0;
  int64_t all = 0;
  for (size_t b = 0; b < objects.size(); ++b) {
    sum += double(objects[b]) * std::abs(right[b] - confidence[b]);
    all += objects[b];
  }
  return sum / double(all);
}

Reliability reliability(std::span<const double> confidence, std::span<const uint8_t> right, int64_t bins) {
  const auto n = int64_t(confidence.size());
  ASTERISM_CHECK(n >= 1 && right.size() == confidence.size() && bins >= 1, "{} objects, {} flags, {} bins", n,
                 right.size(), bins);
  bins = std::min(bins, n);
  std::vector<int64_t> order(confidence.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return confidence[size_t(a)] < confidence[size_t(b)]; });
  Reliability out;
  for (int64_t b = 0; b < bins; ++b) {
    const int64_t first = n * b / bins, end = n * (b + 1) / bins;
    double said = 0, found = 0;
    for (int64_t i = first; i < end; ++i) {
      said += confidence[size_t(order[size_t(i)])];
      found += right[size_t(order[size_t(i)])] != 0 ? 1 : 0;
    }
    out.objects.push_back(end - first);
    out.confidence.push_back(said / double(end - first));
    out.right.push_back(found / double(end - first));
  }
  return out;
}

}  // namespace asterism::eval
