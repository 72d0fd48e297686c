#include "eval/posterior.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace asterism::eval {
namespace {

constexpr double kPi = 3.14159265358979323846;
double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// A Gaussian cut into bins.
struct Bins {
  std::vector<double> edges, probability;
};
Bins gaussian_bins(double mean, double sigma, int count, double low, double high) {
  Bins out;
  for (int k = 0; k <= count; ++k) out.edges.push_back(low + (high - low) * k / count);
  double sum = 0;
  for (int k = 0; k < count; ++k) {
    out.probability.push_back(normal_cdf((out.edges[size_t(k) + 1] - mean) / sigma) -
                              normal_cdf((out.edges[size_t(k)] - mean) / sigma));
    sum += out.probability.back();
  }
  for (double& p : out.probability) p /= sum;
  return out;
}
// Gneiting & Raftery (2007), equation 21, sign turned.
double gaussian_crps(double mean, double sigma, double truth) {
  const double w = (truth - mean) / sigma;
  return sigma * (w * (2 * normal_cdf(w) - 1) + 2 * std::exp(-0.5 * w * w) / std::sqrt(2 * kPi) - 1 / std::sqrt(kPi));
}

TEST(Posterior, CrpsOfAGaussianIsTheClosedForm) {
  const auto bins = gaussian_bins(0.3, 0.1, 4000, -1, 2);
  for (const double truth : {0.3, 0.31, 0.5, 0.05, 1.5}) {
    EXPECT_NEAR(crps_binned(bins.edges, bins.probability, truth), gaussian_crps(0.3, 0.1, truth), 1e-6) << truth;
  }
}

TEST(Posterior, CrpsEqualsNumericalIntegration) {
  base::Random random(5, 0, 0, "crps");
  for (int trial = 0; trial < 20; ++trial) {
    Bins bins;
    double edge = random.normal();
    bins.edges.push_back(edge);
    double sum = 0;
    for (int k = 0; k < 7; ++k) {
      bins.edges.push_back(edge += 0.05 + random.uniform());
      bins.probability.push_back(k == 3 ? 0 : random.exponential());
      sum += bins.probability.back();
    }
    for (double& p : bins.probability) p /= sum;
    const double truth = random.uniform(bins.edges.front() - 1, bins.edges.back() + 1);
    const double low = std::min(truth, bins.edges.front()), high = std::max(truth, bins.edges.back());
    double integral = 0;
    constexpr int kSteps = 200000;
    for (int i = 0; i < kSteps; ++i) {
      const double x = low + (high - low) * (i + 0.5) / kSteps;
      const double f = pit_binned(bins.edges, bins.probability, x) - (x >= truth);
      integral += f * f * (high - low) / kSteps;
    }
    EXPECT_NEAR(crps_binned(bins.edges, bins.probability, truth), integral, 2e-4);
  }
}

TEST(Posterior, CrpsOfOneDrawIsItsDistance) {
  const std::vector<double> one = {0.4};
  EXPECT_DOUBLE_EQ(crps_drawn(one, {}, 1.0), 0.6);
  EXPECT_DOUBLE_EQ(crps_drawn(one, {}, 0.1), 0.30000000000000004);
  const std::vector<double> narrow_edges = {0.4 - 1e-9, 0.4 + 1e-9}, whole = {1};
  EXPECT_NEAR(crps_binned(narrow_edges, whole, 1.0), 0.6, 1e-8);
}

TEST(Posterior, CrpsOfDrawsEqualsThePairFormula) {
  base::Random random(7, 0, 0, "draws");
  for (int trial = 0; trial < 10; ++trial) {
    std::vector<double> values, weights;
    double sum = 0;
    for (int i = 0; i < 12; ++i) {
      values.push_back(random.normal());
      weights.push_back(random.exponential());
      sum += weights.back();
    }
    const double truth = random.normal();
    double expected = 0;  // E|X - y| - E|X - X'| / 2
    for (size_t i = 0; i < values.size(); ++i) {
      expected += weights[i] / sum * std::abs(values[i] - truth);
      for (size_t j = 0; j < values.size(); ++j)
        expected -= 0.5 * weights[i] * weights[j] / sum / sum * std::abs(values[i] - values[j]);
    }
    EXPECT_NEAR(crps_drawn(values, weights, truth), expected, 1e-12);
  }
}

// Truths drawn from a Gaussian; posteriors that claim `claimed` times its width.
std::vector<double> pits(double claimed) {
  base::Random random(11, 0, 0, "pit");
  std::vector<double> out;
  for (int i = 0; i < 4000; ++i) {
    const double mean = random.uniform(0.5, 1.5), truth = mean + 0.1 * random.normal();
    const auto bins = gaussian_bins(mean, 0.1 * claimed, 200, -0.5, 2.5);
    out.push_back(pit_binned(bins.edges, bins.probability, truth));
  }
  return out;
}

TEST(Posterior, PitOfACalibratedPosteriorIsFlat) {
  const auto pit = pits(1);
  EXPECT_LT(ks_uniform(pit), 0.0215);  // 5% critical value at 4,000
  const std::vector<double> levels = {0.5, 0.68, 0.95};
  const auto covered = coverage(pit, levels);
  for (size_t i = 0; i < levels.size(); ++i) EXPECT_NEAR(covered[i], levels[i], 0.025);
}

TEST(Posterior, PitShowsAPlantedOverconfidence) {
  const auto pit = pits(0.5);
  EXPECT_GT(ks_uniform(pit), 0.1);
  const std::vector<double> levels = {0.68};
  EXPECT_LT(coverage(pit, levels)[0], 0.45);
}

TEST(Posterior, KsOfKnownValues) {
  EXPECT_DOUBLE_EQ(ks_uniform({0.5}), 0.5);
  EXPECT_DOUBLE_EQ(ks_uniform({0, 0, 0, 0}), 1);
  EXPECT_NEAR(ks_uniform({0.125, 0.375, 0.625, 0.875}), 0.125, 1e-12);
}

TEST(Posterior, RandomisedPitOfADiscreteTruthIsFlat) {
  base::Random random(3, 0, 0, "randomised");
  const std::vector<double> edges = {0, 1, 2, 3}, probability = {0.2, 0.5, 0.3};
  std::vector<double> pit;
  for (int i = 0; i < 4000; ++i) {
    const double u = random.uniform();
    const double truth = u < 0.2 ? 0.5 : u < 0.7 ? 1.5 : 2.5;  // always the middle of its bin
    pit.push_back(pit_binned(edges, probability, truth, random.uniform()));
  }
  EXPECT_LT(ks_uniform(pit), 0.0215);
  const std::vector<double> draws = {1, 1, 2};
  EXPECT_NEAR(pit_drawn(draws, {}, 1, 0.5), 1.0 / 3, 1e-12);
  EXPECT_DOUBLE_EQ(pit_drawn(draws, {}, 3, 0.5), 1);
}

TEST(Posterior, MomentsAndQuantilesOfAFlatOne) {
  const std::vector<double> edges = {0, 1, 4}, probability = {0.25, 0.75};
  EXPECT_DOUBLE_EQ(mean_binned(edges, probability), 2);
  EXPECT_DOUBLE_EQ(quantile_binned(edges, probability, 0.25), 1);
  EXPECT_DOUBLE_EQ(quantile_binned(edges, probability, 0.5), 2);
  EXPECT_NEAR(standard_deviation_binned(edges, probability), 4 / std::sqrt(12.0), 1e-12);
  EXPECT_NEAR(log_density_binned(edges, probability, 3), std::log(0.25), 1e-12);
  EXPECT_DOUBLE_EQ(log_density_binned(edges, probability, 5), -20);
}

TEST(Posterior, RefusesBrokenBins) {
  const std::vector<double> edges = {0, 1, 1}, probability = {0.5, 0.5}, good = {0, 1, 2}, half = {0.2, 0.3};
  EXPECT_THROW(crps_binned(edges, probability, 0.5), base::CheckError);
  EXPECT_THROW(crps_binned(good, half, 0.5), base::CheckError);
}

TEST(Posterior, ManyTruthsOfOneReference) {
  std::vector<double> values;
  for (uint64_t i = 0; i < 50; ++i) values.push_back(std::floor(8 * base::Random(1, 0, i, "reference").uniform()));
  const DrawnReference reference(values);
  for (const double truth : {-1.0, 0.0, 2.5, 3.0, 7.0, 11.0}) {
    EXPECT_NEAR(reference.crps(truth), crps_drawn(values, {}, truth), 1e-12);
    EXPECT_NEAR(reference.pit(truth, 0.3), pit_drawn(values, {}, truth, 0.3), 1e-12);
  }
}

}  // namespace
}  // namespace asterism::eval
