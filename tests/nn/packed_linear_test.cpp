#include "nn/packed_linear.h"

#include <gtest/gtest.h>

#include "nn/autocast.h"
#include "nn/mlp.h"
#include "nn/optim.h"
#include "nn/tile_matrix.h"
#include "tests/nn/seeded_noise.h"

namespace asterism::nn {
namespace {

TEST(PackedLinear, IsTheLinearLayerWithAndWithoutGelu) {
  for (const bool has_bias : {true, false}) {
    Parameters parameters;
    const Linear layer(Scope(parameters, 1), 24, 40, has_bias, Init::normal(0.3));
    const PackedLinear fast;
    const at::NoGradGuard no_grad;
    const auto x = tests::seeded_noise({3, 50, 24}, 3);
    EXPECT_TRUE(at::allclose(fast(layer, x), layer(x), 1e-5, 1e-5));
    EXPECT_TRUE(at::allclose(fast(layer, x, true), activate(layer(x), Activation::gelu), 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(fast(layer, x.transpose(0, 1)), layer(x.transpose(0, 1)), 1e-5, 1e-5));
    EXPECT_TRUE(at::allclose(fast(layer, x[0][0]), layer(x[0][0]), 1e-5, 1e-5)) << "one row";
  }
}

TEST(PackedLinear, AChangedWeightIsPackedAgain) {
  Parameters parameters;
  const Linear layer(Scope(parameters, 1), 16, 16, true, Init::normal(0.3));
  const PackedLinear fast;
  const PackedLinear copy = fast;
  const at::NoGradGuard no_grad;
  const auto x = tests::seeded_noise({100, 16}, 3);
  const auto before = fast(layer, x);
  at::Tensor(layer.weight).mul_(2);
  EXPECT_FALSE(at::allclose(fast(layer, x), before));
  EXPECT_TRUE(at::allclose(copy(layer, x), layer(x), 1e-5, 1e-5));
  const Autocast half(Precision::bf16);  // which has a bias of its own
  const auto low = fast(layer, x);
  at::Tensor(layer.bias).add_(1);
  EXPECT_TRUE(at::allclose(fast(layer, x), low + 1, 0.02, 0.1));
}

TEST(PackedLinear, AWeightThatTheOptimiserMovedIsPackedAgain) {
  Parameters parameters;
  const Linear layer(Scope(parameters, 1), 16, 16, true, Init::normal(0.3));
  const PackedLinear fast;
  AdamW optimiser(parameters, {});
  const auto x = tests::seeded_noise({100, 16}, 3);
  for (int step = 0; step < 2; ++step) {
    {
      const at::NoGradGuard no_grad;
      EXPECT_TRUE(at::allclose(fast(layer, x), layer(x), 1e-5, 1e-5)) << step;
    }
    parameters.zero_grad();
    layer(x).square().sum().backward();
    optimiser.step(0.1);
  }
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::allclose(fast(layer, x), layer(x), 1e-5, 1e-5));
}

TEST(PackedLinear, UnderAutocastTheProductRunsInHalf) {
  Parameters parameters;
  const Linear layer(Scope(parameters, 1), 64, 48, true, Init::normal(0.3));
  const PackedLinear fast;
  const at::NoGradGuard no_grad;
  const auto x = tests::seeded_noise({100, 64}, 3);
  const auto exact = fast(layer, x, true);
  {
    const Autocast half(Precision::bf16);
    const auto y = fast(layer, x, true);
    const auto type = TileMatrix::available() ? at::kFloat : at::kBFloat16;  // tiles take floats and give floats
    EXPECT_EQ(y.scalar_type(), type);
    EXPECT_TRUE(at::allclose(y.to(at::kFloat), exact, 0.02, 0.1));
    EXPECT_FALSE(at::equal(y.to(at::kFloat), exact));
    EXPECT_EQ(fast(layer, x.to(at::kBFloat16)).scalar_type(), type);
  }
  EXPECT_TRUE(at::equal(fast(layer, x, true), exact));
}

TEST(PackedLinear, GradientsGoThroughWhereTheyAreRecorded) {
  Parameters parameters;
  const Linear layer(Scope(parameters, 1), 16, 8, true, Init::normal(0.3));
  const PackedLinear fast;
  fast(layer, tests::seeded_noise({100, 16}, 3), true).sum().backward();
  EXPECT_GT(layer.weight.grad().abs().sum().item<float>(), 0);
}

}  // namespace
}  // namespace asterism::nn
