#include "eval/methods/info_nce.h"

#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace asterism::eval {
namespace {

// ln softmax of the own partner, the mean of rows and columns: [M].
at::Tensor own_shares(const at::Tensor& scores_MM) {
  const auto own = scores_MM.diagonal();
  return own - 0.5 * (scores_MM.logsumexp(1) + scores_MM.logsumexp(0));
}

}  // namespace

std::vector<double> info_nce_terms(const at::Tensor& scores_MM, int64_t group, int64_t parts, uint64_t seed) {
  const int64_t m = scores_MM.size(0);
  ASTERISM_CHECK(scores_MM.dim() == 2 && scores_MM.size(1) == m && group >= 2 && group <= m && parts >= 1,
                 "groups of {} among {} pairs", group, m);
  at::NoGradGuard no_grad;
  const auto scores = scores_MM.to(at::kDouble);
  std::vector<double> sum(size_t(m), 0), count(size_t(m), 0);
  if (group == m) parts = 1;
  for (int64_t part = 0; part < parts; ++part) {
    std::vector<int64_t> rows(static_cast<size_t>(m));
    std::iota(rows.begin(), rows.end(), int64_t{0});
    base::Random(seed, uint64_t(part), uint64_t(group), "groups of pairs").shuffle(rows);
    for (int64_t first = 0; first + group <= m; first += group) {
      const std::vector<int64_t> chosen(rows.begin() + first, rows.begin() + first + group);
      const auto index = at::tensor(chosen, at::kLong);
      const auto shares = own_shares(scores.index_select(0, index).index_select(1, index)).contiguous();
      for (int64_t i = 0; i < group; ++i) {
        sum[size_t(chosen[size_t(i)])] += std::log(double(group)) + shares.const_data_ptr<double>()[i];
        count[size_t(chosen[size_t(i)])] += 1;
      }
    }
  }
  std::vector<double> out;
  for (size_t i = 0; i < sum.size(); ++i)
    if (count[i] > 0) out.push_back(sum[i] / count[i]);
  return out;
}

double best_temperature(const at::Tensor& scores_MM) {
  at::NoGradGuard no_grad;
  const auto scores = scores_MM.to(at::kDouble);
  const auto bound = [&](double ln_temperature) {
    return own_shares(scores * std::exp(-ln_temperature)).mean().item<double>();
  };
  // The bound has one maximum in 1 / temperature, being concave in it.
  double low = std::log(1e-3), high = std::log(10.0);
  while (high - low > 0.01) {
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    if (bound(a) < bound(b))
      low = a;
    else
      high = b;
  }
  return std::exp(0.5 * (low + high));
}

}  // namespace asterism::eval
