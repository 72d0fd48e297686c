#include "astro/periodogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/random.h"

namespace asterism::astro {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

// A sawtooth-like variable of this period, seen at random times in two bands of differing means.
Series variable(double period, int64_t points, double error, uint64_t seed, double second = 0.4) {
  base::Random random(seed, 0, 0, "test.periodogram");
  Series out;
  for (int64_t i = 0; i < points; ++i) {
    const double t = random.uniform(0, 600), phase = t / period;
    const int32_t group = int32_t(random.below(2));
    out.time_day.push_back(t);
    out.group.push_back(group);
    out.value.push_back(17 + 2 * group + 0.5 * std::sin(kTurn * phase) + second * 0.5 * std::sin(2 * kTurn * phase) +
                        error * random.normal());
    out.weight.push_back(1 / (error * error));
  }
  return out;
}

TEST(Periodogram, FindsThePeriod) {
  for (const double period : {0.54321, 3.7, 45.0}) {
    const auto found = find_period(variable(period, 150, 0.1, 3), 100);
    EXPECT_NEAR(found.frequency * period, 1, 2e-3 * period / 50 + 2e-4) << period;
    EXPECT_GT(found.explained, 0.85) << period;
  }
}

// What one sine and a mean take away, by a brute grid of amplitudes of the two normal equations in double.
TEST(Periodogram, IsALeastSquaresFit) {
  auto series = variable(5, 60, 0.1, 4);
  for (auto& group : series.group) group = 0;
  for (size_t i = 0; i < series.value.size(); ++i) series.value[i] = std::fmod(series.value[i], 2);
  const auto power = periodogram(series, 0.05, 0.013, 100);
  for (const int64_t j : {0, 11, 63, 64, 99}) {
    const double f = 0.05 + 0.013 * double(j);
    const auto folded = fold(series, f, 0, 1);  // the prior is weak
    EXPECT_NEAR(power[size_t(j)], folded.explained, 2e-3) << j;
  }
}

TEST(Periodogram, TwiceThePeriodWhereTheEclipsesDiffer) {
  Series series;
  base::Random random(1, 0, 0, "test.eclipses");
  for (int i = 0; i < 300; ++i) {
    const double t = random.uniform(0, 300), phase = std::remainder(t / 4.2, 1.0);
    const double depth =
        1.0 * std::exp(-std::pow(phase / 0.07, 2)) + 0.4 * std::exp(-std::pow((std::abs(phase) - 0.5) / 0.07, 2));
    series.time_day.push_back(t);
    series.value.push_back(15 + depth + 0.02 * random.normal());
    series.weight.push_back(2500);
    series.group.push_back(0);
  }
  EXPECT_NEAR(find_period(series, 0).frequency * 4.2, 1, 1e-2);
}

TEST(Periodogram, FoldedCurveIsTheCurve) {
  const auto series = variable(3.7, 400, 0.01, 5);
  const auto folded = fold(series, 1 / 3.7, 0, 3);
  for (const double phase : {0.1, 0.35, 0.8})
    EXPECT_NEAR(folded.at(phase), 0.5 * std::sin(kTurn * phase) + 0.2 * std::sin(2 * kTurn * phase), 0.01);
  EXPECT_NEAR(folded.explained, 1, 0.01);
}

TEST(Periodogram, NoiseExplainsLittleAndTooLittleIsNothing) {
  auto series = variable(3.7, 200, 0.1, 6);
  base::Random random(2, 0, 0, "test.noise");
  for (auto& value : series.value) value = random.normal();
  EXPECT_LT(find_period(series, 0).explained, 0.4);
  EXPECT_EQ(find_period(variable(3, 5, 0.1, 7), 0).frequency, 0);
  EXPECT_EQ(find_period({}, 0).frequency, 0);
  auto flat = variable(3, 20, 0.1, 8);
  for (auto& value : flat.value) value = 5;
  EXPECT_EQ(find_period(flat, 0).frequency, 0);
}

}  // namespace
}  // namespace asterism::astro
