#include "models/vision_block.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/nn/seeded_noise.h"

namespace asterism::models {
namespace {

VisionBlockSettings block_settings(bool gated) {
  VisionBlockSettings s;
  s.width = 8;
  s.heads = 2;
  s.hidden = 12;
  s.gated = gated;
  s.layer_scale_start = 0.7;
  return s;
}

// The formulas of the papers in float64, head by head.
at::Tensor by_hand(const VisionBlock& block, const nn::Parameters& parameters, const at::Tensor& given, bool gated) {
  const auto p = [&](const std::string& name) { return parameters.parameters().at(name).detach().to(at::kDouble); };
  const auto normed = [&](const at::Tensor& x, const std::string& name) {
    const auto mean = x.mean(-1, true), variance = (x - mean).square().mean(-1, true);
    return (x - mean) / (variance + block.settings.epsilon).sqrt() * p(name + ".weight") + p(name + ".bias");
  };
  auto x = given.to(at::kDouble);
  const auto qkv = at::matmul(normed(x, "norm1"), p("attn.qkv.weight").t()) + p("attn.qkv.bias");
  const int64_t D = 8, H = 2, d = D / H;
  std::vector<at::Tensor> heads;
  for (int64_t h = 0; h < H; ++h) {
    const auto q = qkv.narrow(2, h * d, d), k = qkv.narrow(2, D + h * d, d), v = qkv.narrow(2, 2 * D + h * d, d);
    heads.push_back(at::matmul((at::matmul(q, k.transpose(1, 2)) / std::sqrt(double(d))).softmax(-1), v));
  }
  x = x + p("ls1.gamma") * (at::matmul(at::cat(heads, 2), p("attn.proj.weight").t()) + p("attn.proj.bias"));
  const auto y = normed(x, "norm2");
  at::Tensor hidden;
  if (gated) {
    const auto both = at::matmul(y, p("mlp.w12.weight").t()) + p("mlp.w12.bias");
    const auto a = both.narrow(2, 0, 12);
    hidden = a * a.sigmoid() * both.narrow(2, 12, 12);
  } else {
    const auto a = at::matmul(y, p("mlp.fc1.weight").t()) + p("mlp.fc1.bias");
    hidden = a * 0.5 * (1 + (a / std::sqrt(2.0)).erf());
  }
  const std::string last = gated ? "mlp.w3" : "mlp.fc2";
  return x + p("ls2.gamma") * (at::matmul(hidden, p(last + ".weight").t()) + p(last + ".bias"));
}

TEST(VisionBlock, RowsOfImagesSideBySideAreThoseOfEachAlone) {
  for (const bool gated : {false, true}) {
    nn::Parameters parameters;
    const VisionBlock block(nn::Scope(parameters, 3), block_settings(gated));
    const auto x = tests::seeded_noise({9, 8}, 1);
    nn::Ranges images;
    for (const int64_t length : {4, 0, 5}) images.add(length);
    const auto together = block.rows(x, images);
    EXPECT_TRUE(at::allclose(together.narrow(0, 0, 4), block(x.narrow(0, 0, 4).unsqueeze(0))[0], 1e-5, 1e-6));
    EXPECT_TRUE(at::allclose(together.narrow(0, 4, 5), block(x.narrow(0, 4, 5).unsqueeze(0))[0], 1e-5, 1e-6));
    const at::NoGradGuard no_grad;
    EXPECT_TRUE(at::allclose(together, block.rows(x, images), 1e-5, 1e-6)) << "by the kernel without gradients";
  }
}

TEST(VisionBlock, DroppedPathsOfRowsAreThoseOfImages) {
  auto s = block_settings(false);
  s.drop_path = 0.5;
  nn::Parameters parameters;
  const VisionBlock block(nn::Scope(parameters, 3), s);
  const auto x = tests::seeded_noise({6, 5, 8}, 1);
  nn::Ranges images;
  for (int64_t i = 0; i < 6; ++i) images.add(5);
  const nn::DropKey key(1, 2);
  EXPECT_TRUE(at::allclose(block.rows(x.flatten(0, 1), images, key).view({6, 5, 8}), block(x, key), 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(block(x, key), block(x)));
}

TEST(VisionBlock, AgreesWithTheFormulasInFloat64) {
  for (const bool gated : {false, true}) {
    nn::Parameters parameters;
    const VisionBlock block(nn::Scope(parameters, 3), block_settings(gated));
    const auto x = tests::seeded_noise({2, 5, 8}, 1);
    EXPECT_TRUE(at::allclose(block(x).to(at::kDouble), by_hand(block, parameters, x, gated), 1e-4, 1e-5)) << gated;
  }
}

TEST(VisionBlock, WithoutLayerScaleItsNamesAreNotThere) {
  nn::Parameters parameters;
  auto s = block_settings(false);
  s.layer_scale = false;
  s.qkv_bias = false;
  const VisionBlock block(nn::Scope(parameters, 3), s);
  EXPECT_FALSE(parameters.parameters().contains("ls1.gamma"));
  EXPECT_FALSE(parameters.parameters().contains("attn.qkv.bias"));
  EXPECT_EQ(block(tests::seeded_noise({1, 3, 8}, 2)).sizes(), (std::vector<int64_t>{1, 3, 8}));
}

TEST(VisionBlock, AttentionOfAQueryIsThatOfAllQueriesThere) {
  nn::Parameters parameters;
  const VisionBlock block(nn::Scope(parameters, 4), block_settings(false));
  const auto x = tests::seeded_noise({2, 6, 8}, 5);
  const auto all = block.attention(x, 0, 6);
  EXPECT_TRUE(at::allclose(all.sum(-1), at::ones({2, 2, 6})));
  EXPECT_TRUE(at::allclose(block.attention(x, 2, 3), all.narrow(2, 2, 3)));
  EXPECT_GT(all.std().item<float>(), 1e-4) << "all alike: no attention at all";
}

TEST(VisionBlock, DropPathSkipsBranchesOfSomeImagesInTrainingAlone) {
  nn::Parameters parameters;
  auto s = block_settings(false);
  s.drop_path = 0.5;
  const VisionBlock block(nn::Scope(parameters, 4), s);
  const auto x = tests::seeded_noise({64, 3, 8}, 6);
  const auto trained = block(x, nn::DropKey(1, 1));
  const auto untouched = (trained - x).abs().amax({1, 2}).lt(1e-7).sum().item<int64_t>();
  EXPECT_GT(untouched, 6);  // both branches skipped: a quarter of 64
  EXPECT_LT(untouched, 28);
  EXPECT_TRUE(at::equal(block(x), block(x)));
  EXPECT_EQ((block(x) - x).abs().amax({1, 2}).lt(1e-7).sum().item<int64_t>(), 0);
}

}  // namespace
}  // namespace asterism::models
