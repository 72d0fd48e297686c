#include "nn/product.h"

#include <gtest/gtest.h>

#include "nn/autocast.h"
#include "nn/int8_weight.h"
#include "nn/residual.h"
#include "nn/transformer.h"
#include "tests/nn/seeded_noise.h"

namespace asterism::nn {
namespace {

TEST(Product, IsOfIntegersWhereAGuardAsksAndNoGradientIsRecorded) {
  Parameters parameters;
  const Linear layer(Scope(parameters, 1), 64, 48, true, Init::normal(0.3));
  const auto x = tests::seeded_noise({100, 64}, 3);
  const auto exact = layer(x).detach();
  EXPECT_TRUE(at::equal(product(layer, x), exact));
  const Autocast bytes(Precision::int8);
  EXPECT_EQ(precision_on_cpu(), Precision::int8);
  EXPECT_TRUE(product(layer, x).requires_grad());
  EXPECT_TRUE(at::equal(product(layer, x), exact));
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(at::equal(product(layer, x), exact));
  EXPECT_TRUE(at::allclose(product(layer, x), exact, 0, 0.3));
  {
    const Autocast off(Precision::fp32);
    EXPECT_TRUE(at::equal(product(layer, x), exact));
  }
  EXPECT_FALSE(at::equal(product(layer, x), exact));
}

TEST(Product, AChangedWeightIsReadAgainAndANewLayerIsItsOwn) {
  const at::NoGradGuard no_grad;
  const Autocast bytes(Precision::int8);
  const auto x = tests::seeded_noise({20, 32}, 3);
  for (int i = 0; i < 20; ++i) {  // memory of the layers before is given away again
    Parameters parameters;
    const Linear layer(Scope(parameters, uint64_t(i)), 32, 16, true, Init::normal(0.3));
    EXPECT_TRUE(at::allclose(product(layer, x), layer(x), 0, 0.2)) << i;
    at::Tensor(layer.weight).mul_(-2);
    EXPECT_TRUE(at::allclose(product(layer, x), layer(x), 0, 0.4)) << i;
    at::Tensor(layer.bias).add_(5);
    EXPECT_TRUE(at::allclose(product(layer, x), layer(x), 0, 0.4)) << i;
  }
}

TEST(Product, ConvolutionsOfImageCodecsFollow) {
  Parameters parameters;
  const ResidualUnit unit(Scope(parameters, 1), 32, true);
  const auto x = tests::seeded_noise({2, 32, 12, 12}, 3);
  const auto exact = unit(x).detach();
  const auto products = int8_products();
  const Autocast bytes(Precision::int8);
  EXPECT_TRUE(at::equal(unit(x), exact)) << "a gradient is recorded";
  EXPECT_EQ(int8_products(), products);
  const at::NoGradGuard no_grad;
  const auto made = unit(x);
  EXPECT_GT(int8_products(), products);
  EXPECT_FALSE(at::equal(made, exact));
  EXPECT_LT(((made - exact).norm() / (exact - x).norm()).item<double>(), 0.05);
}

// Every block of a transformer, padded and in rows, is the one in float32 to a few per cent, and not the same.
TEST(Product, TransformersRunInIntegers) {
  for (const bool gated : {false, true}) {
    TransformerSettings s;
    s.width = 64;
    s.heads = 4;
    s.depth = 3;
    s.gated_mlp = gated;
    Parameters parameters;
    const Encoder encoder(Scope(parameters, 1), s);
    const at::NoGradGuard no_grad;
    const auto x = tests::seeded_noise({300, 64}, 3);
    Ranges groups;
    for (const int64_t length : {100, 150, 50}) groups.add(length);
    const auto exact = encoder.rows(x, groups) - x, padded = encoder(x.view({3, 100, 64}));
    const Autocast bytes(Precision::int8);
    const auto relative = [](const at::Tensor& made, const at::Tensor& wanted) {
      return ((made - wanted).norm() / wanted.norm()).item<double>();
    };
    EXPECT_LT(relative(encoder.rows(x, groups) - x, exact), 0.05);
    EXPECT_GT(relative(encoder.rows(x, groups) - x, exact), 1e-3);
    EXPECT_LT(relative(encoder(x.view({3, 100, 64})), padded), 0.05);
  }
}

}  // namespace
}  // namespace asterism::nn
