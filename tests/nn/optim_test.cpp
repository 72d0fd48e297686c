#include "nn/optim.h"

#include <cmath>

#include "base/error.h"
#include "gradient_check.h"
#include "nn/linear.h"

namespace asterism::nn {
namespace {

// AdamW as the paper writes it, in float64.
struct ByHand {
  at::Tensor w, m, v;
  int64_t t = 0;
  explicit ByHand(const at::Tensor& start)
      : w(start.detach().to(at::kDouble)), m(at::zeros_like(w)), v(at::zeros_like(w)) {}
  void step(const at::Tensor& g32, double lr, double decay, const AdamWSettings& s) {
    const auto g = g32.to(at::kDouble);
    ++t;
    w = w * (1 - lr * decay);
    m = m * s.beta1 + g * (1 - s.beta1);
    v = v * s.beta2 + g * g * (1 - s.beta2);
    const auto m_hat = m / (1 - std::pow(s.beta1, t)), v_hat = v / (1 - std::pow(s.beta2, t));
    w = w - lr * m_hat / (v_hat.sqrt() + s.epsilon);
  }
};

TEST(AdamW, IsThePapersAndDecaysMatricesOnly) {
  Parameters p;
  const Linear layer(Scope(p, 1), 4, 3);
  at::Tensor gamma = p.add("gamma", at::ones({1, 1, 5}));
  AdamWSettings s;
  s.weight_decay = 0.3;
  AdamW optimiser(p, s);
  ByHand weight(layer.weight), bias(layer.bias), scale(gamma);
  const auto x = test::random_input({6, 4}, false, "x", at::kFloat);
  for (int i = 0; i < 5; ++i) {
    p.zero_grad();
    (layer(x).square().sum() + gamma.square().sum()).backward();
    weight.step(layer.weight.grad(), 0.01, 0.3, s);
    bias.step(layer.bias.grad(), 0.01, 0, s);
    scale.step(gamma.grad(), 0.01, 0, s);
    optimiser.step(0.01);
  }
  EXPECT_TRUE(at::allclose(layer.weight.to(at::kDouble), weight.w, 1e-4, 1e-6));
  EXPECT_TRUE(at::allclose(layer.bias.to(at::kDouble), bias.w, 1e-4, 1e-6));
  EXPECT_TRUE(at::allclose(gamma.to(at::kDouble), scale.w, 1e-4, 1e-6));
}

TEST(AdamW, GoesOnFromItsState) {
  Parameters a, b;
  const Linear la(Scope(a, 1), 4, 3), lb(Scope(b, 1), 4, 3);
  AdamW first(a, {}), second(b, {});
  const auto x = test::random_input({6, 4}, false, "x", at::kFloat);
  const auto advance = [&](Parameters& p, const Linear& layer, AdamW& optimiser) {
    p.zero_grad();
    layer(x).square().sum().backward();
    optimiser.step(0.01);
  };
  advance(a, la, first);
  b.load(a.all(), "test");
  second.load_state(first.state(), "test");
  advance(a, la, first);
  advance(b, lb, second);
  EXPECT_TRUE(at::equal(la.weight, lb.weight));
  EXPECT_THROW(second.load_state({}, "test"), base::DataError);
}

TEST(AdamW, LeavesAloneWhatHasNoGradientOrRate) {
  Parameters p;
  const auto still = p.add("still", at::ones({2, 2})), frozen = p.add("frozen", at::ones({2, 2})),
             moves = p.add("moves", at::ones({2, 2}));
  AdamW optimiser(p, {});
  const auto version = moves._version(), version_of_still = still._version();
  optimiser.set_rate_factor([](const std::string& name) { return name == "frozen" ? 0.0 : 1.0; });
  (frozen.sum() + moves.sum()).backward();
  optimiser.step(0.1);
  EXPECT_TRUE(at::equal(still, at::ones({2, 2})));
  EXPECT_TRUE(at::equal(frozen, at::ones({2, 2})));
  EXPECT_FALSE(at::equal(moves, at::ones({2, 2})));
  EXPECT_GT(moves._version(), version) << "whoever watches it is told";
  EXPECT_EQ(still._version(), version_of_still);
}

TEST(Clip, ScalesAllTogether) {
  Parameters p;
  const auto a = p.add("a", at::zeros({2})), b = p.add("b", at::zeros({2})), c = p.add("c", at::zeros({2}));
  (a.sum() * 3 + b.sum() * 4).backward();
  const double whole = std::sqrt(2 * 9 + 2 * 16.0);
  EXPECT_NEAR(clip_gradients(p.trainable(), 0).item<double>(), whole, 1e-5);
  EXPECT_NEAR(a.grad()[0].item<double>(), 3, 1e-6);
  EXPECT_NEAR(clip_gradients(p.trainable(), 1).item<double>(), whole, 1e-5);
  EXPECT_NEAR(a.grad()[0].item<double>(), 3 / whole, 1e-5);
  EXPECT_NEAR(clip_gradients(p.trainable(), 5).item<double>(), 1, 1e-5);
  a.mutable_grad()[0].fill_(NAN);
  EXPECT_TRUE(std::isnan(clip_gradients(p.trainable(), 1).item<double>()));
  EXPECT_NEAR(b.grad()[0].item<double>(), 4 / whole, 1e-5);
  EXPECT_EQ(clip_gradients({c}, 1).item<double>(), 0);
}

TEST(Schedule, RisesThenFalls) {
  AdamWSettings s;
  s.learning_rate = 2;
  s.warmup = 0.1;
  s.final_fraction = 0.1;
  EXPECT_NEAR(learning_rate(s, 0, 100), 0.2, 1e-12);
  EXPECT_NEAR(learning_rate(s, 9, 100), 2, 0.01);
  EXPECT_NEAR(learning_rate(s, 55, 100), 0.5 * (2 + 0.2), 1e-9);
  EXPECT_NEAR(learning_rate(s, 100, 100), 0.2, 1e-12);
  s.schedule = "constant";
  EXPECT_EQ(learning_rate(s, 90, 100), 2);
  s.schedule = "linear";
  EXPECT_NEAR(learning_rate(s, 55, 100), 1.1, 1e-9);
  EXPECT_GT(learning_rate(s, 0, 0), 0);
}

TEST(Schedule, WeightDecayGoesAlongACosine) {
  AdamWSettings s;
  s.weight_decay = 0.001;
  EXPECT_EQ(weight_decay(s, 50, 100), 0.001);
  s.final_weight_decay = 0.01;
  EXPECT_DOUBLE_EQ(weight_decay(s, 0, 100), 0.001);
  EXPECT_DOUBLE_EQ(weight_decay(s, 50, 100), 0.0055);
  EXPECT_DOUBLE_EQ(weight_decay(s, 100, 100), 0.01);
  Parameters p;
  const auto matrix = p.add("matrix", at::ones({2, 2})), vector = p.add("vector", at::ones({2}));
  matrix.mutable_grad() = at::zeros({2, 2});
  vector.mutable_grad() = at::zeros({2});
  AdamW optimiser(p, s);
  optimiser.step(0.5, 0.2);
  EXPECT_NEAR(matrix[0][0].item<double>(), 0.9, 1e-6);
  EXPECT_EQ(vector[0].item<double>(), 1);
}

TEST(AdamW, SettingsAreDescribed) {
  AdamWSettings settings;
  EXPECT_EQ(config::fields_of(settings).fields.size(), 10u);
}

}  // namespace
}  // namespace asterism::nn
