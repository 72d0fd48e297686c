#include "nn/panel_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace asterism::nn {
namespace {

struct Shape {
  int64_t M, K, N;
};
// One row, a few, more than a tile's; less than a panel, whole panels, some outputs more; many inputs.
const std::vector<Shape> kShapes{{1, 1, 1}, {5, 2, 8}, {13, 33, 32}, {14, 16, 64}, {47, 40, 83}, {16, 530, 40}};

at::Tensor wide(const at::Tensor& x) { return x.to(at::kDouble); }
const float* data(const at::Tensor& x) { return x.const_data_ptr<float>(); }

TEST(PanelProduct, WithGeluAndSquaresItIsThatInDouble) {
  for (const auto& [M, K, N] : kShapes) {
    at::manual_seed(uint64_t(M));
    const auto x = at::randn({M, K + 3}), weight = at::randn({N, K}) / std::sqrt(double(K)), bias = at::randn({N}) * 3;
    const PanelLayer layer(weight, bias);
    const auto out = at::full({M, N + 5}, 7.0), squares = at::ones({layer.bias.size(0)});
    multiply_gelu({data(x), K + 3, M, K, N, data(layer.panels), data(layer.bias), out.mutable_data_ptr<float>(), N + 5},
                  squares.mutable_data_ptr<float>());
    const auto wanted = at::gelu(at::linear(wide(x.narrow(1, 0, K)), wide(weight), wide(bias)));
    EXPECT_LT((out.narrow(1, 0, N) - wanted).abs().max().item<double>(), 5e-6) << M << " " << K << " " << N;
    EXPECT_TRUE((out.narrow(1, N, 5) == 7).all().item<bool>()) << "what lies beside is not touched";
    EXPECT_TRUE(at::allclose(wide(squares.narrow(0, 0, N)), wanted.square().sum(0) + 1, 1e-5, 1e-5));
  }
}

TEST(PanelProduct, WithASumItIsThatInDoubleInPlaceToo) {
  for (const auto& [M, K, N] : kShapes) {
    at::manual_seed(uint64_t(K));
    const auto x = at::randn({M, K}), weight = at::randn({N, K}), bias = at::randn({N}), base = at::randn({M, N});
    const PanelLayer layer(weight, bias);
    const auto out = at::empty({M, N}), in_place = base.clone();
    const auto wanted = wide(base) + at::linear(wide(x), wide(weight), wide(bias));
    for (const auto& to : {out, in_place})
      multiply_add({data(x), K, M, K, N, data(layer.panels), data(layer.bias), to.mutable_data_ptr<float>(), N},
                   to.is_same(out) ? data(base) : data(to));
    EXPECT_LT((out - wanted).abs().max().item<double>(), 1e-4) << M << " " << K << " " << N;
    EXPECT_TRUE(at::equal(out, in_place));
  }
}

TEST(PanelProduct, GeluIsRightFarFromZeroAndKeepsWhatIsNoNumber) {
  const float inf = std::numeric_limits<float>::infinity();
  const auto x = at::tensor({-inf, -1e30F, -40.0F, -6.0F, -1e-20F, 0.0F, 5.5F, 40.0F, 1e15F, inf}).unsqueeze(1);
  const PanelLayer layer(at::ones({20, 1}), at::zeros({20}));
  const auto out = at::empty({10, 20}), squares = at::zeros({layer.bias.size(0)});
  multiply_gelu({data(x), 1, 10, 1, 20, data(layer.panels), data(layer.bias), out.mutable_data_ptr<float>(), 20},
                squares.mutable_data_ptr<float>());
  const auto last = out.select(1, 19);
  EXPECT_TRUE(at::allclose(last.narrow(0, 1, 8), at::gelu(x.squeeze(1).narrow(0, 1, 8)), 3e-7, 1.5e-6)) << last;
  EXPECT_EQ(last[9].item<float>(), inf);
  const auto none = at::tensor({std::nanf("")}), one = at::empty({1, 20});
  multiply_gelu({data(none), 1, 1, 1, 20, data(layer.panels), data(layer.bias), one.mutable_data_ptr<float>(), 20},
                squares.mutable_data_ptr<float>());
  EXPECT_TRUE(at::isnan(one).all().item<bool>());
}

TEST(PanelProduct, WhatInputsBecomeIsFoldedIntoWeights) {
  const int64_t K = 37, N = 45, width = panel_width();
  const auto x = at::randn({9, K}), weight = at::randn({N, K}), bias = at::randn({N}), base = at::zeros({9, N}),
             factor = at::rand({K}) + 0.5, shift = at::randn({K});
  const PanelLayer layer(weight, bias);
  const auto panels = at::empty_like(layer.panels), folded = layer.bias.clone(), out = at::empty({9, N});
  for (int64_t p = 0; p < panels.size(0); ++p)
    fold_into_panel({data(factor), data(shift), K}, data(layer.panels) + p * K * width,
                    panels.mutable_data_ptr<float>() + p * K * width, folded.mutable_data_ptr<float>() + p * width);
  multiply_add({data(x), K, 9, K, N, data(panels), data(folded), out.mutable_data_ptr<float>(), N}, data(base));
  const auto wanted = at::linear(wide(x * factor + shift), wide(weight), wide(bias));
  EXPECT_LT((out - wanted).abs().max().item<double>(), 3e-5);
}

TEST(PanelProduct, ARowIsTheSameAmongAnyNumberOfRows) {
  const int64_t M = 31, K = 50, N = 40;
  const auto x = at::randn({M, K}), base = at::randn({M, N});
  const PanelLayer layer(at::randn({N, K}), at::randn({N}));
  const auto all = at::empty({M, N}), one = at::empty({1, N});
  multiply_add({data(x), K, M, K, N, data(layer.panels), data(layer.bias), all.mutable_data_ptr<float>(), N},
               data(base));
  for (const int64_t m : {0, 13, 14, 30}) {
    multiply_add({data(x) + m * K, K, 1, K, N, data(layer.panels), data(layer.bias), one.mutable_data_ptr<float>(), N},
                 data(base) + m * N);
    EXPECT_TRUE(at::equal(one[0], all[m])) << m;
  }
}

}  // namespace
}  // namespace asterism::nn
