#include "eval/methods/pairing.h"

#include "base/error.h"
#include "eval/metrics.h"

namespace asterism::eval {

std::vector<double> ranks_of_own(const at::Tensor& distance_nN, int64_t first) {
  const auto own = distance_nN.diagonal(first).unsqueeze(1);
  const auto nearer = distance_nN.lt(own - 1e-12).sum(1), equal = (distance_nN - own).abs().le(1e-12).sum(1);
  const auto rank = (1 + nearer.to(at::kDouble) + 0.5 * (equal.to(at::kDouble) - 1)).contiguous();
  return {rank.const_data_ptr<double>(), rank.const_data_ptr<double>() + rank.numel()};
}

std::vector<double> pair_ranks(const at::Tensor& queries_ND, const at::Tensor& targets_ND) {
  ASTERISM_CHECK(queries_ND.dim() == 2 && queries_ND.sizes() == targets_ND.sizes(), "shapes differ");
  at::NoGradGuard no_grad;
  auto unit = [](const at::Tensor& x) {
    const auto y = x.to(at::kDouble);
    return (y / y.norm(2, {1}, true).clamp_min(1e-300)).contiguous();
  };
  const auto q = unit(queries_ND), t = unit(targets_ND);
  const int64_t n = q.size(0), block = std::max<int64_t>(1, (int64_t{1} << 23) / std::max<int64_t>(n, 1));
  std::vector<double> ranks;
  for (int64_t begin = 0; begin < n; begin += block) {
    const int64_t end = std::min(n, begin + block);
    const auto some = ranks_of_own(-q.slice(0, begin, end).mm(t.t()), begin);
    ranks.insert(ranks.end(), some.begin(), some.end());
  }
  return ranks;
}

double recall_at(std::span<const double> ranks, int64_t k) {
  ASTERISM_CHECK(!ranks.empty(), "no ranks");
  return double(std::count_if(ranks.begin(), ranks.end(), [&](double r) { return r <= double(k); })) /
         double(ranks.size());
}

PairingScores score_pairing(std::span<const double> ranks, const std::vector<int64_t>& k,
                            const BootstrapOptions& options) {
  PairingScores out;
  out.pairs = int64_t(ranks.size());
  out.k = k;
  std::vector<double> chosen;
  auto pick = [&](std::span<const int64_t> rows) {
    chosen.clear();
    for (const int64_t row : rows) chosen.push_back(ranks[size_t(row)]);
  };
  for (const int64_t one : k) {
    out.recall.push_back(share_interval(out.pairs, recall_at(ranks, one), options));
    out.chance.push_back(std::min(1.0, double(one) / double(out.pairs)));
  }
  out.median_rank = bootstrap(
      out.pairs,
      [&](std::span<const int64_t> rows) {
        pick(rows);
        return median(chosen);
      },
      options);
  out.median_rank_chance = 0.5 * double(out.pairs + 1);
  return out;
}

}  // namespace asterism::eval
