#include "eval/methods/gappy_pca.h"

#include <limits>

#include "base/error.h"
#include "eval/methods/pca.h"

namespace asterism::eval {
namespace {

constexpr double kMostOfARow = 100;
constexpr int kRefills = 5;

}  // namespace

GappyPca GappyPca::fit(const at::Tensor& value_MG, const at::Tensor& weight_MG, int64_t components, int64_t rounds) {
  at::NoGradGuard no_grad;
  const auto good = weight_MG.gt(0).to(at::kDouble);
  const auto sharpness_G = weight_MG.mean(0).clamp_min(1e-30).sqrt();  // 1 / the typical noise of a column
  const auto unit = value_MG * sharpness_G * good;
  const auto scale_M1 = (unit.square().sum(1, true) / good.sum(1, true).clamp_min(1)).sqrt().clamp_min(1e-12);
  const auto scaled = unit / scale_M1;
  const auto weight_M = scale_M1.square().squeeze(1);
  const auto mean = weighted_column_mean(scaled, good * scale_M1.square());
  auto filled = filled_with_mean(scaled, good, mean);
  Pca pca;
  for (int64_t round = 0; round < std::max<int64_t>(1, rounds); ++round) {
    pca = Pca::fit(filled, components, weight_M);
    for (int inner = 0; inner < kRefills; ++inner)  // towards the least squares of what is seen
      filled = scaled * good + pca.rebuild(pca.project(filled)) * (1 - good);
  }
  return {at::cat({pca.mean_D.unsqueeze(0), pca.component_KD}) / sharpness_G};
}

at::Tensor GappyPca::filled(const at::Tensor& value_NG, const at::Tensor& weight_NG, int64_t used) const {
  ASTERISM_CHECK(used >= 1 && used <= basis_KG.size(0), "{} of {} components", used, basis_KG.size(0));
  at::NoGradGuard no_grad;
  const auto basis = basis_KG.narrow(0, 0, used);
  std::vector<at::Tensor> out;
  for (int64_t i = 0; i < value_NG.size(0); ++i) {
    const auto weighted = basis * weight_NG[i];
    auto normal = weighted.mm(basis.t());
    // a row seen in fewer pixels than there are components has no one answer
    const double ridge = 1e-10 * std::max(normal.diagonal().max().item<double>(), 1e-300);
    normal = normal + ridge * at::eye(used, normal.options());
    const auto coefficient = at::cholesky_solve(weighted.mv(value_NG[i]).unsqueeze(1), at::linalg_cholesky(normal));
    out.push_back(basis.t().mm(coefficient).squeeze(1));
  }
  return at::stack(out);
}

int64_t best_used(const GappyPca& pca, const at::Tensor& value_NG, const at::Tensor& weight_NG,
                  const at::Tensor& hidden_NG) {
  const auto hidden = hidden_NG.to(at::kDouble) * weight_NG.gt(0).to(at::kDouble);
  const auto seen = weight_NG * (1 - hidden_NG.to(at::kDouble));
  double least = std::numeric_limits<double>::infinity();
  int64_t best = 1;
  for (const int64_t used : {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}) {
    if (used > pca.basis_KG.size(0)) break;
    const auto residual = (pca.filled(value_NG, seen, used) - value_NG).square() * weight_NG * hidden;
    const auto chi = residual.sum(1) / hidden.sum(1).clamp_min(1);
    const double mean = chi.clamp_max(kMostOfARow).mean().item<double>();
    if (mean < least) least = mean, best = used;
  }
  return best;
}

}  // namespace asterism::eval
