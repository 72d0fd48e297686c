#include "eval/methods/pca.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::eval {
namespace {

// Rows with a known spectrum of variances.
at::Tensor rows_of_rank(int64_t m, int64_t d, int64_t rank) {
  const auto directions = std::get<0>(at::linalg_qr(at::randn({d, rank}, at::kDouble)));
  const auto scale = at::arange(rank, 0, -1, at::kDouble);
  return at::randn({m, rank}, at::kDouble).mul(scale).mm(directions.t()) + 3;
}

void expect_equals_svd(const at::Tensor& x, int64_t k, double tolerance) {
  const auto pca = Pca::fit(x, k);
  const auto centred = x - x.mean(0);
  const auto singular = std::get<1>(at::linalg_svd(centred, false));
  EXPECT_TRUE(at::allclose(pca.variance_K, singular.slice(0, 0, k).square() / x.size(0), tolerance, tolerance));
  EXPECT_TRUE(at::allclose(pca.component_KD.mm(pca.component_KD.t()), at::eye(k, at::kDouble), 1e-9, 1e-9));
}

TEST(Pca, AllThreeWaysEqualTheSvd) {
  at::manual_seed(7);
  expect_equals_svd(rows_of_rank(200, 20, 8), 5, 1e-9);  // through D x D
  expect_equals_svd(rows_of_rank(20, 200, 8), 5, 1e-9);  // through M x M
}

TEST(Pca, PowerIterationEqualsTheExactOne) {
  at::manual_seed(8);
  const auto x = rows_of_rank(2100, 2060, 12) + 0.01 * at::randn({2100, 2060}, at::kDouble);
  const auto pca = Pca::fit(x, 4);  // larger than the exact limit
  const auto centred = x - x.mean(0);
  const auto values =
      std::get<0>(at::linalg_eigh(centred.slice(0, 0, 2100).t().mm(centred))).flip(0).slice(0, 0, 4) / 2100;
  EXPECT_TRUE(at::allclose(pca.variance_K, values, 1e-6, 1e-8));
}

TEST(Pca, RebuildsWhatItsComponentsHold) {
  at::manual_seed(9);
  const auto x = rows_of_rank(60, 30, 4);
  const auto pca = Pca::fit(x, 4);
  EXPECT_TRUE(at::allclose(pca.rebuild(pca.project(x)), x, 1e-8, 1e-8));
  EXPECT_FALSE(at::allclose(Pca::fit(x, 2).rebuild(Pca::fit(x, 2).project(x)), x, 1e-2, 1e-2));
}

// A row that counts for three is three rows.
TEST(Pca, WeightsAreRepetitions) {
  at::manual_seed(7);
  const auto x = at::randn({12, 5}, at::kDouble);
  const auto weight = at::ones({12}, at::kDouble);
  weight[2] = 3;
  const auto weighted = Pca::fit(x, 3, weight);
  const auto repeated = Pca::fit(at::cat({x, x.narrow(0, 2, 1), x.narrow(0, 2, 1)}), 3);
  EXPECT_TRUE(at::allclose(weighted.mean_D, repeated.mean_D));
  EXPECT_TRUE(at::allclose(weighted.component_KD, repeated.component_KD, 1e-6, 1e-8));
}

TEST(Pca, ClipsAndRefuses) {
  EXPECT_EQ(Pca::fit(at::randn({5, 30}), 10).component_KD.size(0), 4);
  EXPECT_THROW(Pca::fit(at::full({5, 3}, NAN), 2), base::CheckError);
}

TEST(Pca, MissingValuesTakeTheMeanOfTheirColumn) {
  const auto x = at::tensor({1.0, 3.0, 100.0}).unsqueeze(1), weight = at::tensor({1.0, 3.0, 0.0}).unsqueeze(1);
  const auto mean = weighted_column_mean(x, weight);
  EXPECT_DOUBLE_EQ(mean.item<double>(), 2.5);
  EXPECT_TRUE(at::equal(filled_with_mean(x, weight, mean), at::tensor({1.0, 3.0, 2.5}, at::kDouble).unsqueeze(1)));
}

}  // namespace
}  // namespace asterism::eval
