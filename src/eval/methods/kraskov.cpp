#include "eval/methods/kraskov.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace asterism::eval {
namespace {

constexpr int64_t kRowsAtOnce = 256;

at::Tensor unit_columns(const at::Tensor& x_ND) {
  const auto x = x_ND.to(at::kDouble);
  const auto centred = x - x.mean(0);
  return (centred / centred.square().mean(0).sqrt().clamp_min(1e-300)).contiguous();
}

// The largest difference of a coordinate between some rows and all: [n, N].
at::Tensor distances(const at::Tensor& some_nD, const at::Tensor& all_ND) {
  auto out = (some_nD.select(1, 0).unsqueeze(1) - all_ND.select(1, 0).unsqueeze(0)).abs();
  for (int64_t d = 1; d < all_ND.size(1); ++d)
    at::maximum_out(out, out, (some_nD.select(1, d).unsqueeze(1) - all_ND.select(1, d).unsqueeze(0)).abs());
  return out;
}

}  // namespace

double kraskov_information(const at::Tensor& a_NA, const at::Tensor& b_NB, int64_t k) {
  ASTERISM_CHECK(a_NA.dim() == 2 && b_NB.dim() == 2 && a_NA.size(0) == b_NB.size(0) && a_NA.size(0) > k && k >= 1,
                 "{} and {} samples, k {}", a_NA.size(0), b_NB.size(0), k);
  at::NoGradGuard no_grad;
  const auto a = unit_columns(a_NA), b = unit_columns(b_NB);
  const int64_t n = a.size(0);
  double sum = 0;
  for (int64_t first = 0; first < n; first += kRowsAtOnce) {
    const int64_t last = std::min(n, first + kRowsAtOnce);
    const auto in_a = distances(a.slice(0, first, last), a), in_b = distances(b.slice(0, first, last), b);
    // The sample itself is at 0 in both: it is the first of the k + 1 nearest, and the one that the counts have too
    // many, which the estimator adds.
    const auto reach = std::get<0>(at::maximum(in_a, in_b).kthvalue(k + 1, 1, true));
    for (const auto& one : {in_a, in_b})
      sum += one.lt(reach).sum(1).clamp_min(1).to(at::kDouble).digamma().sum().item<double>();
  }
  const auto psi = [](int64_t m) { return at::digamma(at::full({}, double(m), at::kDouble)).item<double>(); };
  return psi(k) + psi(n) - sum / double(n);
}

Interval kraskov_interval(const at::Tensor& a_NA, const at::Tensor& b_NB, int64_t k, int64_t halves, uint64_t seed) {
  const int64_t n = a_NA.size(0);
  Interval out;
  out.value = kraskov_information(a_NA, b_NB, k);
  double sum = 0, squares = 0;
  for (int64_t h = 0; h < halves; ++h) {
    std::vector<int64_t> rows(static_cast<size_t>(n));
    std::iota(rows.begin(), rows.end(), int64_t{0});
    base::Random(seed, 0, uint64_t(h), "half of the samples").shuffle(rows);
    rows.resize(size_t(std::max(n / 2, std::min(n, k + 1))));
    const auto chosen = at::tensor(rows, at::kLong);
    const double one = kraskov_information(a_NA.index_select(0, chosen), b_NB.index_select(0, chosen), k);
    sum += one;
    squares += one * one;
  }
  const double mean = sum / double(halves);
  const double spread = std::sqrt(std::max(0.0, squares / double(halves) - mean * mean));
  out.low = out.value - 1.96 * spread;
  out.high = out.value + 1.96 * spread;
  return out;
}

}  // namespace asterism::eval
