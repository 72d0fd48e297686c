#include "eval/bootstrap.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "eval/metrics.h"

namespace asterism::eval {

Interval bootstrap(int64_t n, const Statistic& statistic, const BootstrapOptions& options) {
  ASTERISM_CHECK(n >= 1 && options.resamples >= 1 && options.level > 0 && options.level < 1,
                 "{} objects, {} resamples, level {}", n, options.resamples, options.level);
  std::vector<int64_t> rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  Interval out;
  out.value = statistic(rows);
  std::vector<double> scores;
  for (int64_t r = 0; r < options.resamples; ++r) {
    base::Random random(options.seed, uint64_t(r), uint64_t(n), "bootstrap");
    for (auto& row : rows) row = int64_t(random.below(uint64_t(n)));
    const double score = statistic(rows);
    if (std::isfinite(score)) scores.push_back(score);
  }
  out.low = out.high = std::numeric_limits<double>::quiet_NaN();
  if (2 * int64_t(scores.size()) >= options.resamples) {
    out.low = quantile(scores, 0.5 * (1 - options.level));
    out.high = quantile(scores, 0.5 * (1 + options.level));
  }
  return out;
}

Interval share_interval(int64_t n, double share, const BootstrapOptions& options) {
  ASTERISM_CHECK(n >= 1 && share >= 0 && share <= 1, "a share of {} of {} objects", share, n);
  const double z = std::sqrt(2) * at::erfinv(at::scalar_tensor(options.level, at::kDouble)).item<double>();
  const double of_z = z * z / double(n);
  const double middle = (share + of_z / 2) / (1 + of_z);
  const double half = z / (1 + of_z) * std::sqrt(share * (1 - share) / double(n) + of_z / double(4 * n));
  return {share, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Interval paired_difference(int64_t n, const Statistic& a, const Statistic& b, const BootstrapOptions& options) {
  return bootstrap(
      n, [&](std::span<const int64_t> rows) { return a(rows) - b(rows); }, options);
}

}  // namespace asterism::eval
