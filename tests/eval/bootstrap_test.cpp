#include "eval/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace asterism::eval {
namespace {

Statistic mean_of(const std::vector<double>& values) {
  return [&values](std::span<const int64_t> rows) {
    double sum = 0;
    for (const int64_t row : rows) sum += values[size_t(row)];
    return sum / double(rows.size());
  };
}

TEST(Bootstrap, IntervalOfAMeanIsTheTextbookOne) {
  base::Random random(1, 0, 0, "mean");
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) values.push_back(random.normal());
  const auto interval = bootstrap(400, mean_of(values), {.resamples = 4000});
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 / 20, 0.02);
  EXPECT_LT(interval.low, interval.value);
  EXPECT_GT(interval.high, interval.value);
}

// Wilson 1927; 95% of 30 of 30 and of 3 of 30 as tables have them.
TEST(Bootstrap, SharesHaveWidthAtTheirEnds) {
  EXPECT_NEAR(share_interval(30, 1).low, 0.8865, 5e-4);
  EXPECT_NEAR(share_interval(30, 1).high, 1, 1e-12);
  EXPECT_NEAR(share_interval(30, 0).high, 0.1135, 5e-4);
  EXPECT_NEAR(share_interval(30, 0.1).low, 0.0346, 5e-4);
  EXPECT_NEAR(share_interval(30, 0.1).high, 0.2562, 5e-4);
  EXPECT_EQ(share_interval(30, 0.1).value, 0.1);
  EXPECT_NEAR(share_interval(10000, 0.5).high - share_interval(10000, 0.5).low, 2 * 1.96 * 0.005, 1e-4);
}

TEST(Bootstrap, SameSeedSameInterval) {
  base::Random random(3, 0, 0, "seed");
  std::vector<double> values;
  for (int i = 0; i < 50; ++i) values.push_back(random.normal());
  const auto a = bootstrap(50, mean_of(values)), b = bootstrap(50, mean_of(values));
  EXPECT_EQ(a.low, b.low);
  EXPECT_NE(bootstrap(50, mean_of(values), {.resamples = 50, .seed = 1}).low,
            bootstrap(50, mean_of(values), {.resamples = 50, .seed = 2}).low);
}

TEST(Bootstrap, PairedDifferenceSeesWhatTwoIntervalsHide) {
  base::Random random(2, 0, 0, "pair");
  std::vector<double> a, b;  // b is a little less for every object, both vary a lot between objects
  for (int i = 0; i < 200; ++i) {
    a.push_back(random.normal());
    b.push_back(a.back() - 0.05 + 0.01 * random.normal());
  }
  const auto alone_a = bootstrap(200, mean_of(a)), alone_b = bootstrap(200, mean_of(b));
  EXPECT_LT(alone_a.low, alone_b.high);  // the intervals overlap
  const auto difference = paired_difference(200, mean_of(a), mean_of(b));
  EXPECT_GT(difference.low, 0.04);
  EXPECT_LT(difference.high, 0.06);
}

TEST(Bootstrap, UnluckyResamplesAreLeftOut) {
  int calls = 0;
  const auto sometimes = bootstrap(3, [&](std::span<const int64_t>) { return ++calls % 4 == 0 ? NAN : 1.0; });
  EXPECT_EQ(sometimes.low, 1);
  const auto never = bootstrap(3, [](std::span<const int64_t>) { return NAN; });
  EXPECT_TRUE(std::isnan(never.low));
}

}  // namespace
}  // namespace asterism::eval
