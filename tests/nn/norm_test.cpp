#include "nn/norm.h"

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(LayerNorm, HasZeroMeanAndUnitVariance) {
  Parameters p;
  const LayerNorm norm(Scope(p), 64, NormBias::none);
  const auto y = norm(test::random_input({3, 64}, false, "x", at::kFloat) * 5 + 2);
  EXPECT_LT(y.mean(-1).abs().max().item<double>(), 1e-5);
  EXPECT_NEAR(y.var(-1, false).mean().item<double>(), 1, 1e-4);
}

TEST(LayerNorm, BiasKindsAreWhatFilesHold) {
  Parameters p;
  const Scope scope(p);
  LayerNorm(scope / "a", 4, NormBias::learned);
  LayerNorm(scope / "b", 4, NormBias::zero_buffer);
  LayerNorm(scope / "c", 4, NormBias::none);
  EXPECT_TRUE(p.parameters().contains("a.bias"));
  EXPECT_TRUE(p.buffers().contains("b.bias"));
  EXPECT_FALSE(p.all().contains("c.bias"));
}

TEST(LayerNorm, ChannelsFirstIsTheSameNorm) {
  Parameters p;
  const LayerNorm norm(Scope(p), 5);
  const auto x = test::random_input({2, 5, 7}, false, "x", at::kFloat);
  EXPECT_TRUE(at::allclose(norm.channels_first(x), norm(x.transpose(1, 2)).transpose(1, 2)));
}

TEST(RmsNorm, HasUnitRms) {
  Parameters p;
  const RmsNorm norm(Scope(p), 64);
  const auto y = norm(test::random_input({3, 64}, false, "x", at::kFloat) * 5 + 2);
  EXPECT_NEAR(y.square().mean().item<double>(), 1, 1e-4);
}

TEST(GlobalResponseNorm, IsTheFormulaOfThePaper) {
  Parameters p;
  const GlobalResponseNorm norm(Scope(p, 0, "", at::kDouble), 3, 2);
  test::shake(p);
  const auto x = test::random_input({2, 4, 5, 3}, false);
  const auto g = x.square().sum({1, 2}, true).sqrt();
  const auto expected = norm.gamma * (x * (g / (g.mean(-1, true) + 1e-6))) + norm.beta + x;
  EXPECT_TRUE(at::allclose(norm(x), expected, 1e-12, 1e-12));
  EXPECT_EQ(norm.gamma.sizes(), at::IntArrayRef({1, 1, 1, 3}));
}

TEST(Norms, Gradients) {
  const auto x = test::random_input({2, 3, 6});
  {
    Parameters p;
    const LayerNorm norm(Scope(p, 0, "", at::kDouble), 6);
    test::shake(p);
    test::expect_gradients([&] { return norm(x); }, p, x);
  }
  {
    Parameters p;
    const RmsNorm norm(Scope(p, 0, "", at::kDouble), 6);
    test::shake(p);
    test::expect_gradients([&] { return norm(x); }, p, x);
  }
  {
    Parameters p;
    const GroupNorm norm(Scope(p, 0, "", at::kDouble), 2, 6);
    test::shake(p);
    test::expect_gradients([&] { return norm(x.transpose(1, 2)); }, p, x);
  }
  {
    Parameters p;
    const GlobalResponseNorm norm(Scope(p, 0, "", at::kDouble), 6, 1);
    test::shake(p);
    test::expect_gradients([&] { return norm(x); }, p, x);
  }
}

}  // namespace
}  // namespace asterism::nn
