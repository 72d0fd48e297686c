#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace asterism::base {
namespace {

// Known answers of the authors' own test file (Random123 kat_vectors, philox4x32 10 rounds).
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, DependsOnEveryArgument) {
  std::set<uint64_t> seen;
  for (uint64_t seed : {0, 1})
    for (uint64_t epoch : {0, 1})
      for (uint64_t object : {0, 1})
        for (const char* purpose : {"mask", "crop"}) seen.insert(Random(seed, epoch, object, purpose).bits64());
  EXPECT_EQ(seen.size(), 16u);
}

TEST(Random, MomentsOfEachDistribution) {
  Random random(7, 0, 0, "moments");
  constexpr int kDraws = 200000;
  auto mean_and_variance = [&](auto draw) {
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = draw();
      sum += x;
      squares += x * x;
    }
    const double mean = sum / kDraws;
    return std::pair(mean, squares / kDraws - mean * mean);
  };
  auto expect = [&](std::pair<double, double> got, double mean, double variance) {
    EXPECT_NEAR(got.first, mean, 5 * std::sqrt(variance / kDraws));
    EXPECT_NEAR(got.second, variance, 0.05 * variance);
  };
  expect(mean_and_variance([&] { return random.uniform(); }), 0.5, 1.0 / 12);
  expect(mean_and_variance([&] { return random.normal(); }), 0, 1);
  expect(mean_and_variance([&] { return random.exponential(); }), 1, 1);
  expect(mean_and_variance([&] { return random.gamma(0.3); }), 0.3, 0.3);
  expect(mean_and_variance([&] { return random.gamma(4.5); }), 4.5, 4.5);
  expect(mean_and_variance([&] { return double(random.poisson(2.5)); }), 2.5, 2.5);
  expect(mean_and_variance([&] { return double(random.poisson(120)); }), 120, 120);
  expect(mean_and_variance([&] { return double(random.below(10)); }), 4.5, 99.0 / 12);
}

}  // namespace
}  // namespace asterism::base
