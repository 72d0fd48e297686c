#include "eval/methods/linear_pairing.h"

#include "base/error.h"
#include "eval/methods/neighbours.h"
#include "eval/methods/pairing.h"
#include "eval/methods/pca.h"
#include "eval/methods/ridge.h"

namespace asterism::eval {
namespace {

constexpr int64_t kInputs = 12, kOutputs = 16;

// x and the products of each two of its columns: [N, D + D (D + 1) / 2].
at::Tensor with_products(const at::Tensor& x_ND) {
  const auto pair = at::triu_indices(x_ND.size(1), x_ND.size(1), 0, at::kLong);
  const auto products = x_ND.index_select(1, pair[0]) * x_ND.index_select(1, pair[1]);
  return at::cat({x_ND, products}, 1);
}

}  // namespace

std::vector<double> linear_pair_ranks(const PairedFeatures& features) {
  ASTERISM_CHECK(features.from_MD.size(0) == features.to_MT.size(0) &&
                     features.from_ND.size(0) == features.to_NT.size(0) && features.to_NT.size(0) > 0,
                 "features of {} and {} objects", features.from_ND.size(0), features.to_NT.size(0));
  at::NoGradGuard no_grad;
  const auto from = Scaler::fit(features.from_MD), to = Scaler::fit(features.to_MT);
  const auto inputs = Pca::fit(from(features.from_MD), kInputs), outputs = Pca::fit(to(features.to_MT), kOutputs);
  const auto inputs_of = [&](const at::Tensor& x_ND) {
    const auto components = inputs.project(from(x_ND));
    return features.products ? with_products(components) : components;
  };
  const auto x_M = inputs_of(features.from_MD);
  const auto y_M = outputs.project(to(features.to_MT));
  const auto ridge = Ridge::fit(x_M, y_M, features.fold_M);
  const auto residual = y_M - ridge.predict(x_M);
  const auto covariance = residual.t().mm(residual) / double(residual.size(0));
  const auto [variance, axes] = at::linalg_eigh(covariance);
  // along an axis without spread nothing can be told apart: it counts little, not infinitely much
  const auto whiten = axes / (variance.clamp_min(0) + 1e-6 * variance.max().clamp_min(1e-300)).sqrt();
  const auto expected = ridge.predict(inputs_of(features.from_ND)).mm(whiten);
  const auto there = outputs.project(to(features.to_NT)).mm(whiten);
  return ranks_of_own(at::cdist(expected, there, 2));
}

}  // namespace asterism::eval
