#include "nn/tile_linear.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "nn/autocast.h"
#include "nn/tile_matrix.h"

namespace asterism::nn {
namespace {

at::Tensor rounded(at::IntArrayRef sizes, bool learn) {
  return at::randn(sizes).to(at::kBFloat16).to(at::kFloat).set_requires_grad(learn);
}

// Of numbers that need no rounding the products are exact; the gradient that comes back is rounded.
TEST(TileLinear, AgreesWithAtLinearForwardAndBackward) {
  if (!TileMatrix::available()) GTEST_SKIP() << "no matrix tiles";
  for (const bool has_bias : {false, true}) {
    const auto x = rounded({3, 50, 40}, true), w = rounded({70, 40}, true), b = rounded({70}, true);
    const auto bias = has_bias ? b : at::Tensor();
    const auto wanted = at::linear(x, w, bias), found = tile_linear(x, w, bias);
    EXPECT_TRUE(at::allclose(found, wanted, 1e-5, 1e-4));
    const auto g = rounded({3, 50, 70}, false);
    std::vector<at::Tensor> inputs{x, w};
    if (has_bias) inputs.push_back(b);
    const auto exact = torch::autograd::grad({wanted}, inputs, {g}), made = torch::autograd::grad({found}, inputs, {g});
    for (size_t i = 0; i < inputs.size(); ++i) EXPECT_TRUE(at::allclose(made[i], exact[i], 1e-4, 1e-3)) << i;
  }
}

TEST(TileLinear, IsWhatAutocastAsksForOnACpuAlone) {
  const auto x = rounded({20, 40}, false), w = rounded({70, 40}, false);
  EXPECT_FALSE(linear_by_tiles(x));
  EXPECT_TRUE(at::equal(linear_product(x, w, {}), at::linear(x, w)));
  const Autocast half(Precision::bf16);
  EXPECT_EQ(linear_by_tiles(x), TileMatrix::available());
  EXPECT_FALSE(linear_by_tiles(x.to(at::kDouble)));
  if (!TileMatrix::available()) return;
  const auto y = linear_product(x, w, {});
  EXPECT_EQ(y.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(y, at::mm(x.to(at::kDouble), w.to(at::kDouble).t()).to(at::kFloat), 1e-5, 1e-4));
  EXPECT_TRUE(at::allclose(matrix_product(x, w.t()), y, 1e-5, 1e-4));
}

TEST(TileLinear, ALayersTilesAreMadeAnewOnceItsWeightChanged) {
  if (!TileMatrix::available()) GTEST_SKIP() << "no matrix tiles";
  const auto x = rounded({20, 40}, false);
  auto w = rounded({70, 40}, false);
  const at::NoGradGuard no_grad;
  const Autocast half(Precision::bf16);
  const auto before = layer_product(x, w, {});
  EXPECT_TRUE(at::equal(before, linear_product(x, w, {})));
  w.mul_(2);
  EXPECT_TRUE(at::allclose(layer_product(x, w, {}), before * 2));
  EXPECT_THROW(layer_product(rounded({20, 39}, false), w, {}), std::exception);
  EXPECT_THROW(linear_product(rounded({20, 41}, false), w, {}), std::exception);
}

TEST(TileLinear, NoRowsAndOddPartsOfMatrices) {
  if (!TileMatrix::available()) GTEST_SKIP() << "no matrix tiles";
  const auto w = rounded({8, 40}, false), wide = rounded({30, 80}, false);
  EXPECT_EQ(tile_linear(at::empty({0, 40}), w, {}).sizes(), at::IntArrayRef({0, 8}));
  const auto every_second = wide.as_strided({30, 40}, {80, 2});
  EXPECT_TRUE(at::allclose(tile_linear(every_second, w, {}), at::linear(every_second, w), 1e-5, 1e-4));
}

}  // namespace
}  // namespace asterism::nn
