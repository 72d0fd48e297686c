#include "models/posterior.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::models {
namespace {

ScalarPosterior two_rows() {
  const auto p = at::tensor({0.2, 0.5, 0.3, 0.0, 0.25, 0.75}, at::kDouble).view({2, 3});
  return ScalarPosterior(p, at::tensor({0.0, 1.0, 3.0, 4.0}, at::kDouble), "m");
}

double item(const at::Tensor& t, int64_t i) { return t[i].item<double>(); }

TEST(Posterior, MomentsOfAHistogram) {
  const auto q = two_rows();
  EXPECT_NEAR(item(q.mean_N(), 0), 0.2 * 0.5 + 0.5 * 2 + 0.3 * 3.5, 1e-12);
  const double mean = item(q.mean_N(), 0),
               second = 0.2 * (1.0 / 3) + 0.5 * (26.0 / 6) + 0.3 * (37.0 / 3);  // integrals of x^2 over the bins
  EXPECT_NEAR(item(q.standard_deviation_N(), 0), std::sqrt(second - mean * mean), 1e-12);
}

TEST(Posterior, FarFromZeroTheSpreadIsTheSame) {
  const auto edges = at::tensor({0.0, 0.01, 0.03, 0.04}, at::kDouble);
  const auto here = two_rows().probability_NK();
  const auto near = ScalarPosterior(here, edges).standard_deviation_N();
  const auto far = ScalarPosterior(here, edges + 2.4e6).standard_deviation_N();
  for (const int64_t row : {0, 1}) EXPECT_NEAR(item(far, row) / item(near, row), 1, 1e-5);
}

TEST(Posterior, QuantilesInvertTheCdf) {
  const auto q = two_rows();
  for (const double p : {0.01, 0.2, 0.35, 0.5, 0.7, 0.99}) {
    const auto x = q.quantile_N(p);
    EXPECT_NEAR(item(q.cdf_N(x), 0), p, 1e-12) << p;
    EXPECT_NEAR(item(q.cdf_N(x), 1), p, 1e-12) << p;
  }
  EXPECT_NEAR(item(q.median_N(), 0), 1 + 2 * 0.3 / 0.5, 1e-12);
  EXPECT_GE(item(q.quantile_N(0.001), 1), 1.0);  // the empty first bin holds nothing
  EXPECT_THROW(q.quantile_N(1.0), base::UserError);
}

TEST(Posterior, DensityOfTheTruth) {
  const auto q = two_rows();
  const auto truth = at::tensor({2.0, 4.0}, at::kDouble);
  EXPECT_NEAR(item(q.log_density_N(truth), 0), std::log(0.25), 1e-12);
  EXPECT_NEAR(item(q.log_density_N(truth), 1), std::log(0.75), 1e-12);  // the upper edge belongs to the last bin
  EXPECT_NEAR(item(q.log_mass_N(truth), 0), std::log(0.5), 1e-12);
  EXPECT_EQ(item(q.log_density_N(at::tensor({-0.1, 4.1}, at::kDouble)), 0), -INFINITY);
  EXPECT_EQ(item(q.log_density_N(at::tensor({-0.1, 4.1}, at::kDouble)), 1), -INFINITY);
}

TEST(Posterior, CrpsAgreesWithNumericalIntegration) {
  const auto q = two_rows();
  const int64_t steps = 40000;
  const auto x = -2 + 8 * (at::arange(steps, at::kDouble) + 0.5) / double(steps);  // midpoints over -2 .. 6
  for (int64_t row = 0; row < 2; ++row) {
    const ScalarPosterior one(q.probability_NK().narrow(0, row, 1).expand({steps, 3}), q.edges_E());
    const auto f =
        at::where(x.lt(0), at::zeros({}, at::kDouble), at::where(x.gt(4), at::ones({}, at::kDouble), one.cdf_N(x)));
    for (const double truth : {-1.0, 0.3, 1.0, 2.2, 3.9, 5.5}) {
      const double integral = (f - x.ge(truth).to(at::kDouble)).square().sum().item<double>() * 8 / double(steps);
      EXPECT_NEAR(item(q.crps_N(at::full({2}, truth, at::kDouble)), row), integral, 1e-3) << truth;
    }
  }
}

TEST(Posterior, ModeIsNearTheDensestBin) {
  const auto q = two_rows();
  EXPECT_GE(item(q.mode_N(), 0), 3.0);  // 0.3 per unit beats 0.25
  EXPECT_LE(item(q.mode_N(), 0), 4.0);
}

// Stars at redshift 0 in a bin of 1e-5: with 0.5% of the probability it is by far the densest, and no mode.
TEST(Posterior, ANarrowSpikeOfLittleProbabilityIsNoMode) {
  std::vector<double> edges{-1e-5, 0}, mass{0.005};
  for (int k = 1; k <= 100; ++k) {
    edges.push_back(0.01 * k);
    const double x = (0.01 * k - 0.005 - 0.4) / 0.05;
    mass.push_back(std::exp(-0.5 * x * x));
  }
  const auto probability = at::tensor(mass, at::kDouble).view({1, 101});
  const auto peak = probability.narrow(1, 1, 100).sum();
  auto shares = probability.clone();
  shares.narrow(1, 1, 100) *= 0.995 / peak;
  const auto posterior = [&](const at::Tensor& p) { return ScalarPosterior(p, at::tensor(edges, at::kDouble)); };
  EXPECT_NEAR(posterior(shares).mode_N().item<double>(), 0.4, 0.006);
  shares *= 0.5 / 0.995;
  shares[0][0] = 0.5;  // half of it: now it is
  EXPECT_NEAR(posterior(shares / shares.sum()).mode_N().item<double>(), 0, 1e-4);
}

TEST(Posterior, SamplesFollowTheHistogramAndTheirKeys) {
  const auto q = two_rows();
  const auto x = q.sample_NS(20000, 3, {11, 12});
  EXPECT_NEAR(x[0].lt(1).to(at::kDouble).mean().item<double>(), 0.2, 0.015);
  EXPECT_NEAR(x[0].mean().item<double>(), item(q.mean_N(), 0), 0.03);
  EXPECT_EQ(x[1].lt(1).sum().item<int64_t>(), 0);
  const ScalarPosterior second(q.probability_NK().narrow(0, 1, 1), q.edges_E());
  EXPECT_TRUE(at::equal(second.sample_NS(20000, 3, {12})[0], x[1]));  // whatever the other rows are
}

TEST(Posterior, PitOfItsOwnDrawsIsUniform) {
  const int64_t n = 4000;
  const auto p = at::softmax(at::randn({n, 20}, at::detail::createCPUGenerator(1), at::kDouble), 1);
  const ScalarPosterior q(p, at::linspace(-1, 1, 21, at::kDouble));
  std::vector<uint64_t> objects;
  for (int64_t i = 0; i < n; ++i) objects.push_back(uint64_t(i));
  const auto pit = std::get<0>(q.cdf_N(q.sample_NS(1, 5, objects).squeeze(1)).sort());
  const auto expected = (at::arange(n, at::kDouble) + 0.5) / double(n);
  EXPECT_LT((pit - expected).abs().max().item<double>(), 1.63 / std::sqrt(double(n)));  // KS at 1 %
}

}  // namespace
}  // namespace asterism::models
