#include "nn/autocast.h"

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

namespace asterism::nn {
namespace {

TEST(Autocast, LastsAsLongAsTheGuard) {
  const auto a = at::ones({8, 8});
  EXPECT_EQ(at::linear(a, a).scalar_type(), at::kFloat);
  {
    const Autocast outer(Precision::bf16);
    EXPECT_EQ(at::linear(a, a).scalar_type(), at::kBFloat16);
    {
      const Autocast inner(Precision::fp32);
      EXPECT_EQ(at::linear(a, a).scalar_type(), at::kFloat);
    }
    EXPECT_EQ(at::linear(a, a).scalar_type(), at::kBFloat16);
  }
  EXPECT_EQ(at::linear(a, a).scalar_type(), at::kFloat);
}

TEST(Autocast, WeightsKeepTheirTypeAndGetTheirGradient) {
  const auto w = at::ones({8, 8}).set_requires_grad(true);
  at::Tensor loss;
  {
    const Autocast guard(Precision::bf16);
    loss = at::linear(at::ones({2, 8}), w).to(at::kFloat).sum();
  }
  loss.backward();
  EXPECT_EQ(w.grad().scalar_type(), at::kFloat);
  EXPECT_EQ(w.grad()[0][0].item<float>(), 2);
}

}  // namespace
}  // namespace asterism::nn
