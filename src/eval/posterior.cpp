#include "eval/posterior.h"

#include <numeric>

#include "base/error.h"

namespace asterism::eval {
namespace {

double check_bins(std::span<const double> edges, std::span<const double> probability) {
  ASTERISM_CHECK(!probability.empty() && edges.size() == probability.size() + 1, "{} edges for {} bins", edges.size(),
                 probability.size());
  double sum = 0;
  for (size_t k = 0; k < probability.size(); ++k) {
    ASTERISM_CHECK(edges[k + 1] > edges[k], "bin {} runs from {} to {}", k, edges[k], edges[k + 1]);
    ASTERISM_CHECK(probability[k] >= 0 && std::isfinite(probability[k]), "bin {} has probability {}", k,
                   probability[k]);
    sum += probability[k];
  }
  ASTERISM_CHECK(std::abs(sum - 1) < 1e-3, "the probabilities add up to {}", sum);
  return sum;
}

// The integral over a stretch of length `width` of the square of a line from a to b.
double square_of_line(double a, double b, double width) { return width * (a * a + a * b + b * b) / 3; }

struct Drawn {
  std::vector<std::pair<double, double>> value_weight;  // by value; weights sum to 1
};

Drawn sorted_draws(std::span<const double> values, std::span<const double> weights) {
  ASTERISM_CHECK(!values.empty() && (weights.empty() || weights.size() == values.size()), "{} weights for {} values",
                 weights.size(), values.size());
  Drawn out;
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double w = weights.empty() ? 1.0 : weights[i];
    ASTERISM_CHECK(std::isfinite(values[i]) && w >= 0 && std::isfinite(w), "draw {}: value {}, weight {}", i, values[i],
                   w);
    out.value_weight.emplace_back(values[i], w);
    sum += w;
  }
  ASTERISM_CHECK(sum > 0, "all {} weights are zero", values.size());
  for (auto& entry : out.value_weight) entry.second /= sum;
  std::sort(out.value_weight.begin(), out.value_weight.end());
  return out;
}

}  // namespace

double crps_binned(std::span<const double> edges, std::span<const double> probability, double truth) {
  const double total = check_bins(edges, probability);
  double score = 0, below = 0;
  if (truth < edges.front()) score += edges.front() - truth;
  if (truth > edges.back()) score += truth - edges.back();
  for (size_t k = 0; k < probability.size(); ++k) {
    const double left = edges[k], right = edges[k + 1], above = below + probability[k] / total;
    if (truth <= left) {
      score += square_of_line(1 - below, 1 - above, right - left);
    } else if (truth >= right) {
      score += square_of_line(below, above, right - left);
    } else {
      const double at_truth = below + (above - below) * (truth - left) / (right - left);
      score += square_of_line(below, at_truth, truth - left) + square_of_line(1 - at_truth, 1 - above, right - truth);
    }
    below = above;
  }
  return score;
}

double crps_drawn(std::span<const double> values, std::span<const double> weights, double truth) {
  const auto draws = sorted_draws(values, weights);
  double score = 0, below = 0, last = 0;
  bool first = true;
  // F is a staircase: integrate its square (or that of 1 - F) between neighbouring points, the truth being one of them.
  auto stretch = [&](double from, double to) {
    if (to <= from) return;
    const double split = std::clamp(truth, from, to);
    score += below * below * (split - from) + (1 - below) * (1 - below) * (to - split);
  };
  for (const auto& [value, weight] : draws.value_weight) {
    if (first)
      stretch(std::min(truth, value), value);
    else
      stretch(last, value);
    below += weight;
    last = value;
    first = false;
  }
  below = 1;
  stretch(last, std::max(truth, last));
  return score;
}

double pit_binned(std::span<const double> edges, std::span<const double> probability, double truth, double randomise) {
  const double total = check_bins(edges, probability);
  if (truth <= edges.front()) return 0;
  if (truth >= edges.back()) return 1;
  const auto bin = size_t(std::upper_bound(edges.begin(), edges.end(), truth) - edges.begin()) - 1;
  const double below = std::accumulate(probability.begin(), probability.begin() + int64_t(bin), 0.0);
  const double share = randomise >= 0 ? randomise : (truth - edges[bin]) / (edges[bin + 1] - edges[bin]);
  return std::clamp((below + share * probability[bin]) / total, 0.0, 1.0);
}

double pit_drawn(std::span<const double> values, std::span<const double> weights, double truth, double randomise) {
  const auto draws = sorted_draws(values, weights);
  double below = 0, equal = 0;
  for (const auto& [value, weight] : draws.value_weight) {
    if (value < truth) below += weight;
    if (value == truth) equal += weight;
  }
  return std::clamp(below + randomise * equal, 0.0, 1.0);
}

DrawnReference::DrawnReference(std::vector<double> values) : sorted_(std::move(values)), sum_{0} {
  ASTERISM_CHECK(!sorted_.empty(), "no values");
  std::sort(sorted_.begin(), sorted_.end());
  const auto n = double(sorted_.size());
  for (size_t i = 0; i < sorted_.size(); ++i) {
    sum_.push_back(sum_.back() + sorted_[i]);
    half_spread_ += (2 * double(i) + 1 - n) * sorted_[i] / (n * n);
  }
}

// E|v - t| - E|v - v'| / 2 (Gneiting & Raftery 2007, eq. 21).
double DrawnReference::crps(double truth) const {
  const auto below = size_t(std::lower_bound(sorted_.begin(), sorted_.end(), truth) - sorted_.begin());
  const auto n = double(sorted_.size());
  const double distance =
      (truth * double(below) - sum_[below]) + (sum_.back() - sum_[below] - truth * (n - double(below)));
  return distance / n - half_spread_;
}

double DrawnReference::pit(double truth, double randomise) const {
  const auto [low, high] = std::equal_range(sorted_.begin(), sorted_.end(), truth);
  return (double(low - sorted_.begin()) + randomise * double(high - low)) / double(sorted_.size());
}

double ks_uniform(std::vector<double> pit) {
  ASTERISM_CHECK(!pit.empty(), "no values");
  std::sort(pit.begin(), pit.end());
  const auto n = double(pit.size());
  double distance = 0;
  for (size_t i = 0; i < pit.size(); ++i)
    distance = std::max({distance, double(i + 1) / n - pit[i], pit[i] - double(i) / n});
  return distance;
}

std::vector<double> coverage(std::span<const double> pit, std::span<const double> levels) {
  ASTERISM_CHECK(!pit.empty(), "no values");
  std::vector<double> out;
  for (const double level : levels) {
    const auto inside = std::count_if(pit.begin(), pit.end(), [&](double u) { return std::abs(u - 0.5) <= level / 2; });
    out.push_back(double(inside) / double(pit.size()));
  }
  return out;
}

double log_density_binned(std::span<const double> edges, std::span<const double> probability, double truth,
                          double floor) {
  const double total = check_bins(edges, probability);
  if (truth < edges.front() || truth > edges.back()) return floor;
  auto bin = size_t(std::upper_bound(edges.begin(), edges.end(), truth) - edges.begin());
  bin = std::clamp<size_t>(bin, 1, probability.size()) - 1;
  const double density = probability[bin] / total / (edges[bin + 1] - edges[bin]);
  return density > 0 ? std::max(floor, std::log(density)) : floor;
}

double mean_binned(std::span<const double> edges, std::span<const double> probability) {
  const double total = check_bins(edges, probability);
  double sum = 0;
  for (size_t k = 0; k < probability.size(); ++k) sum += probability[k] * 0.5 * (edges[k] + edges[k + 1]);
  return sum / total;
}

double standard_deviation_binned(std::span<const double> edges, std::span<const double> probability) {
  const double total = check_bins(edges, probability), mean = mean_binned(edges, probability);
  double sum = 0;
  for (size_t k = 0; k < probability.size(); ++k) {
    const double a = edges[k] - mean, b = edges[k + 1] - mean;
    sum += probability[k] * (a * a + a * b + b * b) / 3;
  }
  return std::sqrt(sum / total);
}

double quantile_binned(std::span<const double> edges, std::span<const double> probability, double q) {
  const double total = check_bins(edges, probability);
  ASTERISM_CHECK(q >= 0 && q <= 1, "quantile {}", q);
  double below = 0;
  size_t last = 0;
  for (size_t k = 0; k < probability.size(); ++k) {
    const double share = probability[k] / total;
    if (share <= 0) continue;
    if (below + share >= q) return edges[k] + (edges[k + 1] - edges[k]) * std::clamp((q - below) / share, 0.0, 1.0);
    below += share;
    last = k;
  }
  return edges[last + 1];
}

}  // namespace asterism::eval
