#include "nn/losses.h"

#include <cmath>

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(Losses, WeightedMeanIgnoresWhatCountsNothing) {
  const auto x = at::tensor({1.0, NAN, 4.0}, at::kDouble), w = at::tensor({1.0, 0.0, 2.0}, at::kDouble);
  EXPECT_NEAR(weighted_mean(x, w).item<double>(), 3, 1e-12);
  EXPECT_EQ(weighted_mean(x, at::zeros({3})).item<double>(), 0);
  EXPECT_EQ(weighted_mean(at::ones({2, 3}), at::ones({2, 1})).item<double>(), 1);
}

TEST(Losses, CrossEntropies) {
  const auto logits = test::random_input({4, 6}, false, "l", at::kFloat);
  const auto target = at::tensor({0, 5, 2, 2}, at::kLong);
  const double by_hand = -at::log_softmax(logits, -1).gather(1, target.unsqueeze(1)).mean().item<double>();
  EXPECT_NEAR(cross_entropy(logits, target).item<double>(), by_hand, 1e-6);
  EXPECT_NEAR(soft_cross_entropy(logits, at::one_hot(target, 6)).item<double>(), by_hand, 1e-6);
  EXPECT_NEAR(cross_entropy(logits, target, at::tensor({0.0f, 1.0f, 0.0f, 0.0f})).item<double>(),
              -at::log_softmax(logits, -1)[1][5].item<double>(), 1e-6);
}

TEST(Losses, LinearCrossEntropyIsTheSameInChunks) {
  for (const bool has_bias : {false, true}) {
    const auto h = test::random_input({7, 4}, true, "h"), w = test::random_input({9, 4}, true, "w"),
               b = test::random_input({9}, true, "b");
    const auto target = at::tensor({0, 8, 3, 3, 1, 2, 7}, at::kLong);
    const auto weight = at::tensor({1.0, 2.0, 0.0, 1.0, 0.5, 1.0, 1.0}, at::kDouble);
    const auto bias = has_bias ? b : at::Tensor();
    const auto whole = cross_entropy(at::linear(h, w, bias), target, weight);
    whole.backward();
    const auto grad_h = h.grad().clone(), grad_w = w.grad().clone();
    const auto grad_b = has_bias ? b.grad().clone() : at::Tensor();
    for (const auto& x : {h, w, b}) x.mutable_grad().reset();
    const auto chunked = linear_cross_entropy(h, w, bias, target, weight, 3);
    EXPECT_NEAR(chunked.item<double>(), whole.item<double>(), 1e-12);
    (chunked * 1.0).backward();
    EXPECT_TRUE(at::allclose(h.grad(), grad_h, 1e-10, 1e-12));
    EXPECT_TRUE(at::allclose(w.grad(), grad_w, 1e-10, 1e-12));
    if (has_bias) {
      EXPECT_TRUE(at::allclose(b.grad(), grad_b, 1e-10, 1e-12));
    }
    at::NoGradGuard no_grad;
    EXPECT_NEAR(linear_cross_entropy(h, w, bias, target, weight, 3).item<double>(), whole.item<double>(), 1e-12);
  }
}

TEST(Losses, HuberIsQuadraticThenLinear) {
  const auto y = huber(at::tensor({0.5, -3.0, 2.0}, at::kDouble), 2);
  EXPECT_NEAR(y[0].item<double>(), 0.125, 1e-12);
  EXPECT_NEAR(y[1].item<double>(), 2 * (3 - 1), 1e-12);
  EXPECT_NEAR(y[2].item<double>(), 2, 1e-12);
  EXPECT_NEAR(huber(at::tensor({-3.0}, at::kDouble), 0).item<double>(), 4.5, 1e-12);
  const auto x = test::random_input({9});
  test::expect_gradients([&] { return huber(x * 3, 1.3); }, {{"x", x}}, 9);
}

TEST(Losses, InfoNceKnowsPairs) {
  const auto a = test::random_input({8, 16}, true, "a"), b = test::random_input({8, 16}, true, "b");
  const auto scale = at::full({}, 10.0, at::kDouble).set_requires_grad(true);
  EXPECT_LT(info_nce(a, a, scale).item<double>(), 0.1);
  EXPECT_GT(info_nce(a, b, scale).item<double>(), 1);
  EXPECT_NEAR(info_nce(a, a, at::zeros({}, at::kDouble)).item<double>(), std::log(8), 1e-9);
  test::expect_gradients([&] { return info_nce(a, b, scale); }, {{"a", a}, {"b", b}, {"scale", scale}});
}

}  // namespace
}  // namespace asterism::nn
