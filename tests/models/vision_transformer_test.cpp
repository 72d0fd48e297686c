#include "models/vision_transformer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/nn/seeded_noise.h"

namespace asterism::models {
namespace {

VisionTransformerSettings transformer_settings() {
  VisionTransformerSettings s;
  s.image_size = 12;
  s.patch = 3;
  s.width = 8;
  s.depth = 2;
  s.heads = 2;
  s.hidden = 16;
  s.layer_scale_start = 0.5;
  return s;
}

struct TinyTransformer {
  explicit TinyTransformer(const VisionTransformerSettings& s) : model(nn::Scope(parameters, 5), s) {
    at::NoGradGuard no_grad;
    for (const auto& [name, tensor] : parameters.parameters())  // CLS and masks begin as nothing: let them show
      if (tensor.numel() < 64) tensor.add_(at::randn(tensor.sizes(), at::detail::createCPUGenerator(name.size())));
  }
  nn::Parameters parameters;
  VisionTransformer model;
};

// Cubic convolution with a = -0.75 (Keys 1981), samples beyond the edge repeated.
double cubic_sample(const at::Tensor& values, double at) {
  const auto weight = [](double x) {
    const double a = -0.75;
    x = std::abs(x);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0.0;
  };
  const int64_t n = values.size(0), left = int64_t(std::floor(at));
  double sum = 0;
  for (int64_t i = left - 1; i <= left + 2; ++i)
    sum += weight(at - double(i)) * values[std::min(n - 1, std::max<int64_t>(0, i))].item<double>();
  return sum;
}

TEST(VisionTransformer, PositionsAreStretchedByTheScaleWithItsOffset) {
  const TinyTransformer tiny(transformer_settings());
  at::NoGradGuard no_grad;
  auto table = tiny.parameters.parameters().at("pos_embed");
  EXPECT_TRUE(at::equal(tiny.model.positions(4, 4), table));
  // positions that depend on the row alone: a stretch in one dimension
  const auto rows = at::tensor({1.0f, -2.0f, 0.5f, 3.0f});
  table.narrow(1, 1, 16).copy_(rows.view({4, 1, 1}).expand({4, 4, 8}).reshape({1, 16, 8}));
  const auto stretched = tiny.model.positions(7, 5);
  ASSERT_EQ(stretched.sizes(), (std::vector<int64_t>{1, 36, 8}));
  EXPECT_TRUE(at::equal(stretched.narrow(1, 0, 1), table.narrow(1, 0, 1))) << "CLS has no place";
  const auto grid = stretched.narrow(1, 1, 35).view({7, 5, 8});
  for (int64_t r = 0; r < 7; ++r) {
    const double with_offset = cubic_sample(rows, (double(r) + 0.5) * 4 / 7.1 - 0.5),
                 without = cubic_sample(rows, (double(r) + 0.5) * 4 / 7.0 - 0.5);
    EXPECT_NEAR(grid[r][2][3].item<double>(), with_offset, 1e-5) << r;
    if (r == 3) {
      EXPECT_GT(std::abs(with_offset - without), 1e-3) << "the offset would not show";
    }
  }
  auto plain = transformer_settings();
  plain.interpolate_offset = 0;
  const TinyTransformer other(plain);
  other.parameters.parameters().at("pos_embed").copy_(table);
  EXPECT_NEAR(other.model.positions(7, 5).narrow(1, 1, 35).view({7, 5, 8})[3][0][0].item<double>(),
              cubic_sample(rows, 3.5 * 4 / 7.0 - 0.5), 1e-5);
  plain.interpolate_antialias = true;
  const TinyTransformer smooth(plain);
  smooth.parameters.parameters().at("pos_embed").copy_(table);
  EXPECT_FALSE(at::allclose(smooth.model.positions(2, 2), other.model.positions(2, 2), 1e-3, 1e-3));
}

TEST(VisionTransformer, PatchesAreTheConvolutionWithItsKernel) {
  const TinyTransformer tiny(transformer_settings());
  at::NoGradGuard no_grad;
  const auto images = tests::seeded_noise({2, 3, 9, 15}, 1);
  const auto all = tiny.parameters.parameters();
  const auto convolved = at::conv2d(images, all.at("patch_embed.proj.weight"), all.at("patch_embed.proj.bias"), 3)
                             .flatten(2)
                             .transpose(1, 2);
  auto none = transformer_settings();
  none.depth = 0;
  const TinyTransformer flat(none);
  for (const auto& [name, tensor] : flat.parameters.parameters()) tensor.copy_(all.at(name));
  const auto prenorm = flat.model(images).prenorm_BTD;
  const auto places = flat.model.positions(3, 5);
  EXPECT_TRUE(at::allclose(prenorm.narrow(1, 1, 15), convolved + places.narrow(1, 1, 15), 1e-4, 1e-5));
  EXPECT_TRUE(
      at::allclose(prenorm.select(1, 0), (all.at("cls_token") + places.narrow(1, 0, 1)).select(1, 0).expand({2, 8})));
}

TEST(VisionTransformer, HiddenPatchesDoNotTell) {
  const TinyTransformer tiny(transformer_settings());
  const auto images = tests::seeded_noise({1, 3, 12, 12}, 2);
  auto other = images.clone();
  other.narrow(2, 0, 3).narrow(3, 3, 3).add_(1);  // patch 1
  auto mask = at::zeros({1, 16}, at::kBool);
  EXPECT_FALSE(at::allclose(tiny.model(images, mask).cls_BD, tiny.model(other, mask).cls_BD));
  mask[0][1] = true;
  const auto seen = tiny.model(images, mask), hidden = tiny.model(other, mask);
  EXPECT_TRUE(at::equal(seen.cls_BD, hidden.cls_BD));
  EXPECT_FALSE(at::allclose(seen.cls_BD, tiny.model(images).cls_BD)) << "the mask does nothing";
}

TEST(VisionTransformer, RegistersStandBetweenAndAreNotPatches) {
  auto s = transformer_settings();
  s.registers = 3;
  const TinyTransformer tiny(s);
  const auto out = tiny.model(tests::seeded_noise({2, 3, 12, 6}, 3));
  EXPECT_EQ(out.registers_BRD.sizes(), (std::vector<int64_t>{2, 3, 8}));
  EXPECT_EQ(out.patches_BPD.sizes(), (std::vector<int64_t>{2, 8, 8}));
  EXPECT_EQ(out.prenorm_BTD.size(1), 12);
  EXPECT_EQ(out.rows * 10 + out.columns, 42);
  const auto last = tiny.model.layers(tests::seeded_noise({2, 3, 12, 6}, 3), {1, 0}, true);
  EXPECT_TRUE(at::allclose(last[0].narrow(1, 4, 8), out.patches_BPD));
  EXPECT_FALSE(at::allclose(last[1], last[0]));
  EXPECT_TRUE(
      at::allclose(tiny.model.attention(tests::seeded_noise({2, 3, 12, 6}, 3), 1, 4).sum(-1), at::ones({2, 2, 4})));
}

TEST(VisionTransformer, ABagOfPatchesForgetsTheirOrder) {
  const TinyTransformer tiny(transformer_settings());
  const auto images = tests::seeded_noise({1, 3, 12, 12}, 4);
  const auto flipped = at::cat({images.narrow(2, 9, 3), images.narrow(2, 0, 9)}, 2);  // the last row of patches first
  const auto a = tiny.model.bag_of_patches(images), b = tiny.model.bag_of_patches(flipped);
  EXPECT_TRUE(at::allclose(a.narrow(1, 12, 4), b.narrow(1, 0, 4), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(a.mean(1), b.mean(1), 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(tiny.model(images).cls_BD, tiny.model(flipped).cls_BD, 1e-4, 1e-5))
      << "positions do nothing";
}

TEST(VisionTransformer, WhatCannotBeIsRefused) {
  const TinyTransformer tiny(transformer_settings());
  EXPECT_THROW(tiny.model(tests::seeded_noise({1, 3, 13, 12}, 1)), base::UserError);
  EXPECT_THROW(tiny.model(tests::seeded_noise({1, 4, 12, 12}, 1)), base::UserError);
  EXPECT_THROW(tiny.model(tests::seeded_noise({1, 3, 12, 12}, 1), at::zeros({1, 15}, at::kBool)), base::UserError);
  EXPECT_THROW(tiny.model.layers(tests::seeded_noise({1, 3, 12, 12}, 1), {2}, true), base::UserError);
  EXPECT_THROW(tiny.model.attention(tests::seeded_noise({1, 3, 12, 12}, 1), 1, 18), base::UserError);
  nn::Parameters parameters;
  auto s = transformer_settings();
  s.heads = 3;
  EXPECT_THROW(VisionTransformer(nn::Scope(parameters), s), base::UserError);
}

}  // namespace
}  // namespace asterism::models
