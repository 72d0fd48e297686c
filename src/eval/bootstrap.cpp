#include "eval/bootstrap.h"

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

Interval paired_difference(int64_t n, const Statistic& a, const Statistic& b, const BootstrapOptions& options) {
  return bootstrap(
      n, [&](std::span<const int64_t> rows) { return a(rows) - b(rows); }, options);
}

}  // namespace asterism::eval
