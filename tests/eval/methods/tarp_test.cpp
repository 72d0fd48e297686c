#include "eval/methods/tarp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "eval/posterior.h"

namespace asterism::eval {
namespace {

// Two numbers of correlation 0.9 about a middle of the object's own, and draws of them: `width` times as wide as the
// truths lie, about a middle that is `off`, and of correlation 0.9 or none.
struct Sample {
  at::Tensor truth_ND, draws_NSD;
  std::vector<uint64_t> keys;
};
Sample sample(int64_t n, int64_t s, double width, double off, double correlation) {
  Sample out{at::empty({n, 2}, at::kDouble), at::empty({n, s, 2}, at::kDouble), {}};
  const auto fill = [](base::Random& random, double r, double scale, double x, double y, double* to) {
    const double a = random.normal(), b = r * a + std::sqrt(1 - r * r) * random.normal();
    to[0] = x + scale * a;
    to[1] = y + scale * b;
  };
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(7, 0, uint64_t(i), "tarp test");
    const double x = 3 * random.normal(), y = 3 * random.normal();
    out.keys.push_back(uint64_t(i));
    fill(random, 0.9, 1, x, y, out.truth_ND.mutable_data_ptr<double>() + 2 * i);
    for (int64_t k = 0; k < s; ++k)
      fill(random, correlation, width, x + off, y, out.draws_NSD.mutable_data_ptr<double>() + 2 * (i * s + k));
  }
  return out;
}

double distance_from_flat(const Sample& x) {
  const auto box = TruthBox::of(x.truth_ND);
  return ks_uniform(tarp(box(x.truth_ND), box(x.draws_NSD), x.keys));
}

double mean_energy(const Sample& x) {
  const auto all = energy_scores(x.truth_ND, x.draws_NSD);
  double sum = 0;
  for (const double one : all) sum += one;
  return sum / double(all.size());
}

TEST(Tarp, IsFlatForDrawsOfTheTruthsDistributionAlone) {
  const int64_t n = 4000;  // flat to 0.026 in 99 of 100 samples
  EXPECT_LT(distance_from_flat(sample(n, 100, 1, 0, 0.9)), 0.026);
  EXPECT_LT(distance_from_flat(sample(n, 3, 1, 0, 0.9)), 0.026) << "with few draws too";
  EXPECT_GT(distance_from_flat(sample(n, 100, 0.5, 0, 0.9)), 0.1) << "overconfident";
  EXPECT_GT(distance_from_flat(sample(n, 100, 2, 0, 0.9)), 0.06) << "too cautious";
  EXPECT_GT(distance_from_flat(sample(n, 100, 1, 0, -0.9)), 0.05) << "right alone, wrong together";
}

TEST(Tarp, EqualDistancesAreSpreadEvenly) {
  const auto truth = at::full({2000, 2}, 0.5, at::kDouble), draws = at::full({2000, 4, 2}, 0.5, at::kDouble);
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < 2000; ++i) keys.push_back(i);
  EXPECT_LT(ks_uniform(tarp(truth, draws, keys)), 0.04);
  EXPECT_EQ(tarp(truth, draws, keys), tarp(truth, draws, keys));
  EXPECT_NE(tarp(truth, draws, keys), tarp(truth, draws, keys, 1));
  EXPECT_THROW(tarp(truth, draws.slice(0, 0, 10), keys), base::CheckError);
}

TEST(Tarp, TheBoxIsOfTheTruths) {
  const auto truth = at::stack({at::arange(101, at::kDouble), at::full({101}, 3.0, at::kDouble)}, 1);
  const auto box = TruthBox::of(truth);
  EXPECT_NEAR(box.low_D[0].item<double>(), 1, 1e-9);
  EXPECT_NEAR(box.width_D[0].item<double>(), 98, 1e-9);
  EXPECT_EQ(box.width_D[1].item<double>(), 1) << "a dimension without width";
}

TEST(EnergyScore, IsLeastForTheTruthsDistributionAndKnowsNoNumberOfDraws) {
  const int64_t n = 2000;
  const double right = mean_energy(sample(n, 50, 1, 0, 0.9));
  EXPECT_NEAR(mean_energy(sample(n, 5, 1, 0, 0.9)), right, 0.03);
  EXPECT_GT(mean_energy(sample(n, 50, 2, 0, 0.9)), right + 0.05);
  EXPECT_GT(mean_energy(sample(n, 50, 0.3, 0, 0.9)), right + 0.05);
  EXPECT_GT(mean_energy(sample(n, 50, 1, 1, 0.9)), right + 0.1);
  // Of one number it is the CRPS.
  const auto truth = at::tensor({0.3}, at::kDouble).reshape({1, 1});
  const std::vector<double> draws = {0.1, 0.5, 0.9, 0.2};
  const auto score = energy_scores(truth, at::tensor(draws, at::kDouble).reshape({1, 4, 1}))[0];
  double to_truth = 0, between = 0;
  for (const double a : draws) {
    to_truth += std::abs(a - 0.3) / 4;
    for (const double b : draws) between += std::abs(a - b) / 12;
  }
  EXPECT_NEAR(score, to_truth - between / 2, 1e-12);
  EXPECT_THROW(energy_scores(truth, at::zeros({1, 1, 1}, at::kDouble)), base::CheckError);
}

}  // namespace
}  // namespace asterism::eval
