#include "eval/metrics.h"

#include <limits>
#include <numeric>

#include "base/error.h"

namespace asterism::eval {
namespace {

template <class T>
void check_pairs(std::span<const T> predicted, std::span<const T> truth) {
  ASTERISM_CHECK(predicted.size() == truth.size() && !truth.empty(), "{} predictions for {} truths", predicted.size(),
                 truth.size());
  if constexpr (std::is_floating_point_v<T>)
    for (size_t i = 0; i < truth.size(); ++i)
      ASTERISM_CHECK(std::isfinite(predicted[i]) && std::isfinite(truth[i]), "row {}: predicted {}, truth {}", i,
                     predicted[i], truth[i]);
}

std::vector<double> redshift_residuals(std::span<const double> predicted, std::span<const double> truth) {
  check_pairs(predicted, truth);
  std::vector<double> d(truth.size());
  for (size_t i = 0; i < d.size(); ++i) d[i] = (predicted[i] - truth[i]) / (1 + truth[i]);
  return d;
}

std::vector<double> ranks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (size_t i = 0; i < order.size();) {
    size_t j = i;
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    for (size_t k = i; k < j; ++k) rank[order[k]] = 0.5 * double(i + j - 1);
    i = j;
  }
  return rank;
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  ASTERISM_CHECK(!values.empty() && q >= 0 && q <= 1, "quantile {} of {} values", q, values.size());
  const double place = q * double(values.size() - 1);
  const auto low = size_t(place);
  std::nth_element(values.begin(), values.begin() + int64_t(low), values.end());
  const double at_low = values[low];
  if (low + 1 >= values.size() || place == double(low)) return at_low;
  const double next = *std::min_element(values.begin() + int64_t(low) + 1, values.end());
  return at_low + (place - double(low)) * (next - at_low);
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

double sigma_nmad(std::span<const double> predicted, std::span<const double> truth) {
  auto d = redshift_residuals(predicted, truth);
  const double middle = median(d);
  for (double& x : d) x = std::abs(x - middle);
  return 1.4826 * median(std::move(d));
}

double outlier_fraction(std::span<const double> predicted, std::span<const double> truth, double threshold) {
  const auto d = redshift_residuals(predicted, truth);
  const auto far = std::count_if(d.begin(), d.end(), [&](double x) { return std::abs(x) > threshold; });
  return double(far) / double(d.size());
}

double redshift_bias(std::span<const double> predicted, std::span<const double> truth) {
  return median(redshift_residuals(predicted, truth));
}

double r2(std::span<const double> predicted, std::span<const double> truth) {
  check_pairs(predicted, truth);
  const double mean = std::accumulate(truth.begin(), truth.end(), 0.0) / double(truth.size());
  double residual = 0, total = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    residual += (predicted[i] - truth[i]) * (predicted[i] - truth[i]);
    total += (truth[i] - mean) * (truth[i] - mean);
  }
  return total > 0 ? 1 - residual / total : std::numeric_limits<double>::quiet_NaN();
}

double mean_absolute_error(std::span<const double> predicted, std::span<const double> truth) {
  check_pairs(predicted, truth);
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) sum += std::abs(predicted[i] - truth[i]);
  return sum / double(truth.size());
}

double root_mean_square(std::span<const double> predicted, std::span<const double> truth) {
  check_pairs(predicted, truth);
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) sum += (predicted[i] - truth[i]) * (predicted[i] - truth[i]);
  return std::sqrt(sum / double(truth.size()));
}

double accuracy(std::span<const int64_t> predicted, std::span<const int64_t> truth) {
  check_pairs(predicted, truth);
  int64_t right = 0;
  for (size_t i = 0; i < truth.size(); ++i) right += predicted[i] == truth[i];
  return double(right) / double(truth.size());
}

double balanced_accuracy(std::span<const int64_t> predicted, std::span<const int64_t> truth) {
  check_pairs(predicted, truth);
  std::map<int64_t, std::pair<int64_t, int64_t>> found_of_all;
  for (size_t i = 0; i < truth.size(); ++i) {
    auto& entry = found_of_all[truth[i]];
    entry.first += predicted[i] == truth[i];
    entry.second += 1;
  }
  double sum = 0;
  for (const auto& entry : found_of_all) sum += double(entry.second.first) / double(entry.second.second);
  return sum / double(found_of_all.size());
}

double spearman(std::span<const double> a, std::span<const double> b) {
  check_pairs(a, b);
  const auto ra = ranks(a), rb = ranks(b);
  const double mean = 0.5 * double(ra.size() - 1);
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < ra.size(); ++i) {
    ab += (ra[i] - mean) * (rb[i] - mean);
    aa += (ra[i] - mean) * (ra[i] - mean);
    bb += (rb[i] - mean) * (rb[i] - mean);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace asterism::eval
