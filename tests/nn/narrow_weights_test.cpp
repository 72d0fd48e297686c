#include "nn/narrow_weights.h"

#include <gtest/gtest.h>

#include "nn/autocast.h"
#include "nn/linear.h"
#include "tests/nn/on_gpu.h"

namespace asterism::nn {
namespace {

TEST(NarrowWeights, AreNoneOnACpu) {
  Parameters parameters;
  const Linear layer(Scope(parameters, 3), 16, 8);
  const Autocast autocast(Precision::bf16);
  const NarrowWeights narrow(parameters);
  EXPECT_TRUE(for_product(layer.weight).is_same(layer.weight));
  EXPECT_FALSE(for_product({}).defined());
}

using NarrowWeightsOnGpu = OnGpu;

TEST_F(NarrowWeightsOnGpu, GiveTheGradientsOfAutocast) {
  Parameters parameters;
  const Linear layer(Scope(parameters, 3), 16, 64), idle(Scope(parameters, 4) / "idle", 16, 64);
  parameters.to(device_);
  const auto x = there(some({33, 16}, 1));
  const Autocast autocast(Precision::bf16, device_.type());
  const auto gradients_of = [&](const at::Tensor& y) {
    parameters.zero_grad();
    (y * y.detach().sin()).sum().backward();
    return std::pair(layer.weight.grad().clone(), layer.bias.grad().clone());
  };
  const auto wanted = gradients_of(layer(x));
  const auto made = [&] {
    const NarrowWeights narrow(parameters);
    EXPECT_EQ(for_product(layer.weight).scalar_type(), at::kBFloat16);
    return gradients_of(layer(x));
  }();
  EXPECT_TRUE(at::equal(made.first, wanted.first));
  EXPECT_TRUE(at::equal(made.second, wanted.second));
  EXPECT_FALSE(idle.weight.grad().defined());
  EXPECT_TRUE(for_product(layer.weight).is_same(layer.weight));
}

// As where the pieces of a batch go backward one after the other.
TEST_F(NarrowWeightsOnGpu, ServeSeveralBackwardPasses) {
  Parameters parameters;
  const Linear layer(Scope(parameters, 3), 16, 64);
  parameters.to(device_);
  const auto x = there(some({33, 16}, 1));
  const Autocast autocast(Precision::bf16, device_.type());
  const NarrowWeights narrow(parameters);
  layer(x).sum().backward();
  const auto once = layer.weight.grad().clone();
  layer(x).sum().backward();
  EXPECT_TRUE(at::equal(layer.weight.grad(), 2 * once));
}

}  // namespace
}  // namespace asterism::nn
