#include "models/scalar_mixture.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../nn/gradient_check.h"
#include "base/error.h"
#include "models/posterior.h"

namespace asterism::models {
namespace {

ScalarScale linear() { return {ScaleKind::linear, 3, 2, 1, nullptr}; }
ScalarScale fluxes() { return {ScaleKind::asinh, 1.5, 1.2, 0.4, nullptr}; }

at::Tensor matrix(const std::vector<double>& values, int64_t columns) {
  return at::tensor(values, at::kDouble).view({-1, columns});
}

// Two rows of three components; the second is narrow and far off.
ScalarMixture mixture(const ScalarScale& scale) {
  return {scale, matrix({0.2, -1, 0.5, 2, 0, -3}, 3), matrix({-1, 0.3, 1.2, 2, 2.1, -0.5}, 3),
          matrix({0.3, 0.6, 0.15, 0.02, 0.1, 0.4}, 3)};
}

at::Tensor even_grid(double low, double high, int64_t n) { return at::linspace(low, high, n, at::kDouble); }

TEST(ScalarMixture, TheCdfIsTheIntegralOfTheDensity) {
  for (const auto& scale : {linear(), fluxes()}) {
    const auto m = mixture(scale);
    const auto low = m.quantile_NQ(at::full({2, 1}, 1e-4, at::kDouble)),
               high = m.quantile_NQ(at::full({2, 1}, 0.9, at::kDouble));
    const int64_t n = 20001;
    for (int64_t row = 0; row < 2; ++row) {
      const auto x = even_grid(low[row][0].item<double>(), high[row][0].item<double>(), n);
      const ScalarMixture all(scale, matrix({0.2, -1, 0.5, 2, 0, -3}, 3).narrow(0, row, 1).expand({n, 3}),
                              matrix({-1, 0.3, 1.2, 2, 2.1, -0.5}, 3).narrow(0, row, 1).expand({n, 3}),
                              matrix({0.3, 0.6, 0.15, 0.02, 0.1, 0.4}, 3).narrow(0, row, 1).expand({n, 3}));
      const auto p = all.log_density_N(x).exp();
      const double integral = at::trapezoid(p, x).item<double>();
      EXPECT_NEAR(integral, 0.9 - 1e-4, 2e-5) << row;
    }
  }
}

TEST(ScalarMixture, QuantilesInvertTheCdf) {
  for (const auto& scale : {linear(), fluxes()}) {
    const auto m = mixture(scale);
    const auto p = at::tensor({0.001, 0.05, 0.5, 0.84, 0.999}, at::kDouble).unsqueeze(0).expand({2, 5});
    EXPECT_TRUE(at::allclose(m.cdf_NQ(m.quantile_NQ(p)), p, 0, 1e-9));
  }
}

TEST(ScalarMixture, CrpsAgreesWithNumericalIntegration) {
  for (const auto& scale : {linear(), fluxes()}) {
    const auto m = mixture(scale);
    for (const double truth : {-4.0, 0.7, 3.1, 30.0}) {
      const int64_t n = 100001;
      const auto found = m.crps_N(at::full({2}, truth, at::kDouble));
      const auto low = m.quantile_NQ(at::full({2, 1}, 1e-7, at::kDouble)),
                 high = m.quantile_NQ(at::full({2, 1}, 1 - 1e-7, at::kDouble));
      for (int64_t row = 0; row < 2; ++row) {
        // evenly in the scaled value: tails of fluxes are long
        const auto ends = to_scaled(scale, at::tensor({std::min(truth, low[row][0].item<double>()),
                                                       std::max(truth, high[row][0].item<double>())},
                                                      at::kDouble));
        const auto x = from_scaled(scale, even_grid(ends[0].item<double>(), ends[1].item<double>(), n));
        const auto f = m.cdf_NQ(x.unsqueeze(0).expand({2, n}))[row] - x.ge(truth).to(at::kDouble);
        const double expected = at::trapezoid(f.square(), x).item<double>();
        EXPECT_NEAR(found[row].item<double>(), expected, 1e-3 * expected + 1e-5) << row << " at " << truth;
      }
    }
  }
}

// A wide component of an asinh scale has a tail whose integral to infinity is no number to judge by.
TEST(ScalarMixture, CrpsBetweenEdgesAgreesWithThatOfFineBins) {
  const ScalarMixture wide(fluxes(), matrix({0, -5, 0, -5}, 2), matrix({1, 1, 0.5, 2}, 2),
                           matrix({0.05, 15, 0.1, 9}, 2));
  const auto edges = from_scaled(fluxes(), even_grid(-3, 4, 20001));
  const ScalarPosterior own(wide, edges), binned(own.probability_NK(), edges);
  for (const double truth : {edges[0].item<double>() - 2, 0.7, edges[-1].item<double>() + 5}) {
    const auto truth_N = at::full({2}, truth, at::kDouble);
    EXPECT_TRUE(at::allclose(own.crps_N(truth_N), binned.crps_N(truth_N), 2e-3, 1e-5)) << truth;
  }
}

TEST(ScalarMixture, DrawsFollowTheDistributionAndTheirKeys) {
  const auto m = mixture(fluxes());
  const auto draws = m.sample_NS(20000, 3, {11, 12});
  for (const double q : {0.1, 0.5, 0.9}) {
    const auto below = draws.le(m.quantile_NQ(at::full({2, 1}, q, at::kDouble))).to(at::kDouble).mean(1);
    for (int64_t row = 0; row < 2; ++row) EXPECT_NEAR(below[row].item<double>(), q, 0.012) << row;
  }
  EXPECT_TRUE(at::allclose(draws.narrow(1, 0, 5), m.sample_NS(5, 3, {11, 12}), 1e-12, 1e-12));
  EXPECT_FALSE(at::equal(draws.narrow(1, 0, 5), m.sample_NS(5, 4, {11, 12})));
}

TEST(ScalarMixture, PitOfItsOwnDrawsIsUniform) {
  const auto m = mixture(linear());
  const auto pit = std::get<0>(m.cdf_NQ(m.sample_NS(4000, 1, {1, 2})).sort(1));
  const auto uniform = (at::arange(4000, at::kDouble) + 0.5) / 4000;
  EXPECT_LT((pit - uniform).abs().max().item<double>(), 0.026);  // 1.63 / sqrt(4000): the 1 % point of Kolmogorov
}

TEST(ScalarMixture, LossIsTheDensityAndItsGradientIsRight) {
  const auto w = test::random_input({3, 4}, true, "w"), place = test::random_input({3, 4}, true, "p"),
             spread = test::random_input({3, 4}, true, "s"), at_s = at::tensor({0.1, -8.0, 2.0}, at::kDouble);
  test::expect_gradients([&] { return logistic_mixture_loss_R(w, place, spread, at_s); },
                         {{"w", w}, {"place", place}, {"spread", spread}});
  const ScalarMixture m({ScaleKind::linear, 0, 1, 1, nullptr}, w, place, spread.exp());
  EXPECT_TRUE(at::allclose(m.log_density_N(at_s), -logistic_mixture_loss_R(w, place, spread, at_s).detach(), 1e-12));
}

TEST(ScalarMixture, FarTruthsKeepAFiniteDensity) {
  const auto m = mixture(linear());
  for (const double far : {-1e6, 1e6})
    EXPECT_TRUE(at::isfinite(m.log_density_N(at::full({2}, far, at::kDouble))).all().item<bool>());
}

TEST(ScalarMixture, AveragesAndWidens) {
  const auto m = mixture(linear());
  const ScalarMixture other(linear(), matrix({1, 1}, 1), matrix({0, 4}, 1), matrix({1, 1}, 1));
  const auto x = even_grid(-3, 8, 20).unsqueeze(0).expand({2, 20});
  EXPECT_TRUE(at::allclose(ScalarMixture::average({m, other}).cdf_NQ(x), (m.cdf_NQ(x) + other.cdf_NQ(x)) / 2));
  const auto p = [](double q) { return at::full({2, 1}, q, at::kDouble); };
  const auto width = [&](const ScalarMixture& of) { return of.quantile_NQ(p(0.99)) - of.quantile_NQ(p(0.01)); };
  EXPECT_TRUE(width(m.widened(1.5)).gt(width(m)).all().item<bool>());
}

// As a posterior, all that `predict` and `evaluate` ask for: bins hold what the mixture says, the rest is exact.
TEST(ScalarMixture, IsAPosterior) {
  const auto edges = even_grid(-2, 9, 45);
  const ScalarPosterior posterior(mixture(linear()), edges, "mag");
  const auto m = mixture(linear());
  EXPECT_TRUE(at::allclose(posterior.probability_NK().sum(1), at::ones({2}, at::kDouble)));
  const auto inner = edges.narrow(0, 10, 1).unsqueeze(0).expand({2, 1});
  EXPECT_TRUE(at::allclose(posterior.probability_NK().narrow(1, 0, 10).sum(1, true), m.cdf_NQ(inner)));
  const auto truth = at::tensor({2.5, 7.0}, at::kDouble);
  EXPECT_TRUE(at::equal(posterior.log_density_N(truth), m.log_density_N(truth)));
  EXPECT_TRUE(at::equal(posterior.cdf_N(truth), m.cdf_NQ(truth.unsqueeze(1)).squeeze(1)));
  EXPECT_TRUE(at::equal(posterior.crps_N(truth), m.crps_N(truth, -2, 9)));
  EXPECT_TRUE(at::allclose(posterior.cdf_N(posterior.median_N()), at::full({2}, 0.5, at::kDouble)));
  EXPECT_TRUE(at::equal(posterior.sample_NS(3, 1, {5, 6}), m.sample_NS(3, 1, {5, 6})));
  EXPECT_EQ(posterior.unit(), "mag");
}

}  // namespace
}  // namespace asterism::models
