#include "eval/methods/pca.h"

#include "base/error.h"
#include "base/random.h"

namespace asterism::eval {
namespace {

constexpr int64_t kExactLimit = 2048, kExtra = 16;
constexpr int kRounds = 8;

// Orthonormal basis of the columns.
at::Tensor basis(const at::Tensor& x) { return std::get<0>(at::linalg_qr(x)); }

at::Tensor start_directions(int64_t rows, int64_t columns) {
  auto out = at::empty({rows, columns}, at::kDouble);
  base::Random random(0, 0, uint64_t(rows), "pca start");
  for (int64_t i = 0; i < out.numel(); ++i) out.mutable_data_ptr<double>()[i] = random.normal();
  return out;
}

}  // namespace

Pca Pca::fit(const at::Tensor& x_MD, int64_t components, const at::Tensor& weight_M) {
  ASTERISM_CHECK(x_MD.dim() == 2 && x_MD.size(0) >= 2 && components >= 1, "{} components", components);
  at::NoGradGuard no_grad;
  const auto all = x_MD.to(at::kDouble);
  ASTERISM_CHECK(all.isfinite().all().item<bool>(), "the rows are not finite");
  const int64_t m = all.size(0), d = all.size(1);
  const int64_t k = std::min({components, m - 1, d});
  Pca out;
  at::Tensor x;
  if (weight_M.defined()) {
    const auto weight_M1 = (weight_M.to(at::kDouble) / weight_M.to(at::kDouble).mean()).unsqueeze(1);
    out.mean_D = (all * weight_M1).mean(0);
    x = (all - out.mean_D) * weight_M1.sqrt();
  } else {
    out.mean_D = all.mean(0);
    x = all - out.mean_D;
  }
  at::Tensor component;
  if (d <= m && d <= kExactLimit) {
    component = std::get<1>(at::linalg_eigh(x.t().mm(x))).flip(1).slice(1, 0, k).t();
  } else if (m < d && m <= kExactLimit) {
    const auto rows = std::get<1>(at::linalg_eigh(x.mm(x.t()))).flip(1).slice(1, 0, k);
    component = basis(x.t().mm(rows)).t();
  } else {
    auto q = basis(x.mm(start_directions(d, std::min(k + kExtra, std::min(m, d)))));
    for (int round = 0; round < kRounds; ++round) q = basis(x.mm(basis(x.t().mm(q))));
    component = std::get<2>(at::linalg_svd(q.t().mm(x), /*full_matrices=*/false)).slice(0, 0, k);
  }
  const auto largest = component.gather(1, component.abs().argmax(1, true));
  out.component_KD = (component * at::where(largest.lt(0), -1.0, 1.0)).contiguous();
  out.variance_K = x.mm(out.component_KD.t()).square().mean(0);
  return out;
}

at::Tensor Pca::project(const at::Tensor& x_ND) const { return (x_ND.to(at::kDouble) - mean_D).mm(component_KD.t()); }
at::Tensor Pca::rebuild(const at::Tensor& z_NK) const { return z_NK.to(at::kDouble).mm(component_KD) + mean_D; }

at::Tensor weighted_column_mean(const at::Tensor& x_MD, const at::Tensor& weight_MD) {
  const auto weight = weight_MD.to(at::kDouble);
  const auto total = weight.sum(0);
  return at::where(total.gt(0), (x_MD.to(at::kDouble) * weight).sum(0) / total, at::zeros_like(total));
}

at::Tensor filled_with_mean(const at::Tensor& x_ND, const at::Tensor& weight_ND, const at::Tensor& column_mean_D) {
  return at::where(weight_ND.gt(0), x_ND.to(at::kDouble), column_mean_D.unsqueeze(0));
}

}  // namespace asterism::eval
