#include "eval/methods/ridge.h"

#include "base/error.h"
#include "base/random.h"
#include "eval/methods/neighbours.h"

namespace asterism::eval {
namespace {

// Sums over rows from which any ridge solution follows: of x x^T, x y^T, x, y and 1.
struct Moments {
  at::Tensor xx_DD, xy_DT, x_D, y_T;
  double n = 0;
  static Moments of(const at::Tensor& x, const at::Tensor& y) {
    return {x.t().mm(x), x.t().mm(y), x.sum(0), y.sum(0), double(x.size(0))};
  }
  Moments minus(const Moments& o) const {
    return {xx_DD - o.xx_DD, xy_DT - o.xy_DT, x_D - o.x_D, y_T - o.y_T, n - o.n};
  }
};

struct Solver {
  at::Tensor values_D, vectors_DD, rotated_DT, x_mean_D, y_mean_T;
  explicit Solver(const Moments& m) {
    x_mean_D = m.x_D / m.n;
    y_mean_T = m.y_T / m.n;
    const auto covariance = m.xx_DD / m.n - at::outer(x_mean_D, x_mean_D);
    std::tie(values_D, vectors_DD) = at::linalg_eigh(covariance);
    rotated_DT = vectors_DD.t().mm(m.xy_DT / m.n - at::outer(x_mean_D, y_mean_T));
  }
  at::Tensor weight(double penalty) const {
    return vectors_DD.mm(rotated_DT / (values_D.clamp_min(0) + penalty).unsqueeze(1));
  }
  at::Tensor intercept(const at::Tensor& weight_DT) const {
    return y_mean_T - x_mean_D.unsqueeze(0).mm(weight_DT).squeeze(0);
  }
};

}  // namespace

std::vector<int64_t> fold_of(std::span<const uint64_t> object_hashes, int64_t folds) {
  ASTERISM_CHECK(folds >= 2, "{} folds", folds);
  std::vector<int64_t> out;
  for (const uint64_t hash : object_hashes) {
    base::Random random(0, 0, hash, "fold");
    out.push_back(int64_t(random.below(uint64_t(folds))));
  }
  return out;
}

Ridge Ridge::fit(const at::Tensor& x_MD, const at::Tensor& y_MT, std::span<const int64_t> fold,
                 std::vector<double> penalties) {
  ASTERISM_CHECK(x_MD.dim() == 2 && y_MT.dim() == 2 && x_MD.size(0) == y_MT.size(0) && x_MD.size(0) >= 1,
                 "shapes differ");
  ASTERISM_CHECK(!penalties.empty() && (fold.empty() || int64_t(fold.size()) == x_MD.size(0)), "{} folds", fold.size());
  at::NoGradGuard no_grad;
  const auto scaler = Scaler::fit(x_MD);
  const auto x = scaler(x_MD), y = y_MT.to(at::kDouble);
  const auto all = Moments::of(x, y);
  double best = penalties.front();
  if (penalties.size() > 1 && !fold.empty()) {
    const auto fold_M = at::from_blob(const_cast<int64_t*>(fold.data()), {x.size(0)}, at::kLong);
    std::vector<double> error(penalties.size(), 0);
    for (int64_t f = 0; f <= fold_M.max().item<int64_t>(); ++f) {
      const auto rows = fold_M.eq(f).nonzero().flatten();
      if (rows.numel() == 0 || rows.numel() == x.size(0)) continue;
      const auto x_out = x.index_select(0, rows), y_out = y.index_select(0, rows);
      const Solver solver(all.minus(Moments::of(x_out, y_out)));
      for (size_t p = 0; p < penalties.size(); ++p) {
        const auto w = solver.weight(penalties[p]);
        error[p] += (x_out.mm(w) + solver.intercept(w) - y_out).square().sum().item<double>();
      }
    }
    best = penalties[size_t(std::min_element(error.begin(), error.end()) - error.begin())];
  }
  const Solver solver(all);
  Ridge out;
  out.mean_D = scaler.mean_D;
  out.scale_D = scaler.scale_D;
  out.weight_DT = solver.weight(best);
  out.intercept_T = solver.intercept(out.weight_DT);
  out.penalty = best;
  return out;
}

at::Tensor Ridge::predict(const at::Tensor& x_ND) const {
  return ((x_ND.to(at::kDouble) - mean_D) / scale_D).mm(weight_DT) + intercept_T;
}

}  // namespace asterism::eval
