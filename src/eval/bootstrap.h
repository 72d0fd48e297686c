#pragma once
// How much a score would move had other objects been drawn: percentile intervals over objects (Efron & Tibshirani
// 1993), and of shares of the objects that of Wilson (1927).

#include <cstdint>
#include <functional>
#include <span>

namespace asterism::eval {

struct Interval {
  double value = 0;          // on the objects as they are
  double low = 0, high = 0;  // percentile interval of the resamples
};

struct BootstrapOptions {
  int64_t resamples = 1000;
  double level = 0.95;
  uint64_t seed = 0;
};

// A score of the given rows (a row may repeat). May return NaN for an unlucky resample (one class only): it is left
// out.
using Statistic = std::function<double(std::span<const int64_t> rows)>;

// `n` objects, n >= 1. The draws are functions of (seed, resample): two calls with the same n and seed draw the same
// rows, which is what makes differences paired. low and high are NaN where fewer than half of the resamples gave a
// number.
Interval bootstrap(int64_t n, const Statistic& statistic, const BootstrapOptions& options = {});

// Of a share of n objects, 0 to 1: where all or none of them are meant, other draws of the same objects would say the
// same, and an interval without width would say that it is certain.
Interval share_interval(int64_t n, double share, const BootstrapOptions& options = {});

// a - b, both on the same rows of every resample. An interval that excludes 0 says that the difference is not luck of
// the draw.
Interval paired_difference(int64_t n, const Statistic& a, const Statistic& b, const BootstrapOptions& options = {});

}  // namespace asterism::eval
