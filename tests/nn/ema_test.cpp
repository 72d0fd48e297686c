#include "nn/ema.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::nn {
namespace {

TEST(WeightAverage, FollowsAndSwaps) {
  Parameters p;
  const auto w = p.add("w", at::zeros({2}));
  WeightAverage average(p, 0.5);
  at::NoGradGuard no_grad;
  w.fill_(8);
  average.update();  // early: decay (1 + 1) / (10 + 1)
  const double expected = 8 * (1 - 2.0 / 11);
  EXPECT_NEAR(average.average().at("w")[0].item<double>(), expected, 1e-5);
  {
    const WeightAverage::Swap guard(average);
    EXPECT_NEAR(w[0].item<double>(), expected, 1e-5);
  }
  EXPECT_EQ(w[0].item<double>(), 8);
  EXPECT_NEAR(average.average().at("w")[0].item<double>(), expected, 1e-5);
}

TEST(WeightAverage, FrozenWeightsAreLeftAlone) {
  Parameters p;
  const auto w = p.add("w", at::zeros({2})), frozen = p.add("frozen", at::full({2}, 0.1));
  p.set_trainable([](const std::string& name) { return name == "w"; });
  WeightAverage average(p, 0.5);
  const auto version = frozen._version();
  at::NoGradGuard no_grad;
  w.fill_(8);
  average.update();
  const WeightAverage::Swap guard(average);
  EXPECT_NE(w[0].item<double>(), 8);
  EXPECT_EQ(frozen._version(), version) << "nobody wrote to it";
  EXPECT_FALSE(average.state().contains("frozen"));
}

TEST(WeightAverage, AveragesMoveByWhatIsAsked) {
  const auto average = at::zeros({3}), weight = at::ones({3}).set_requires_grad(true);
  move_averages({average}, {weight}, 0.75);
  EXPECT_TRUE(at::equal(average, at::full({3}, 0.25)));
  move_averages({average}, {weight}, 1);
  EXPECT_TRUE(at::equal(average, at::full({3}, 0.25)));
  move_averages({average}, {weight}, 0);
  EXPECT_TRUE(at::equal(average, at::ones({3})));
  EXPECT_FALSE(average.requires_grad());
  move_averages({}, {}, 0.5);
}

TEST(WeightAverage, StateGoesRound) {
  Parameters p, q;
  const auto w = p.add("w", at::ones({2}));
  q.add("w", at::zeros({2}));
  WeightAverage a(p, 0.9), b(q, 0.9);
  for (int i = 0; i < 3; ++i) a.update();
  b.load_state(a.state(), "test");
  EXPECT_TRUE(at::equal(b.average().at("w"), a.average().at("w")));
  EXPECT_EQ(b.state().at("updates").item<int64_t>(), 3);
  EXPECT_THROW(b.load_state({}, "test"), base::DataError);
}

}  // namespace
}  // namespace asterism::nn
