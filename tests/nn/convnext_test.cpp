#include "nn/convnext.h"

#include "gradient_check.h"
#include "nn/autocast.h"
#include "nn/int8_weight.h"

namespace asterism::nn {
namespace {

ConvNextSettings settings(int64_t dimensions, int64_t channels, std::vector<int64_t> depths,
                          std::vector<int64_t> widths, std::vector<int64_t> strides) {
  ConvNextSettings s;
  s.dimensions = dimensions;
  s.channels = channels;
  s.depths = std::move(depths);
  s.widths = std::move(widths);
  s.strides = std::move(strides);
  return s;
}

// The block as the paper writes it, with plain one-dimensional operators.
at::Tensor block_by_hand(const ConvNextBlock& b, const at::Tensor& x) {
  auto y = at::conv1d(x, b.dwconv_weight, b.dwconv_bias, 1, 3, 1, x.size(1)).transpose(1, 2);
  y = at::gelu(b.pwconv1(b.norm(y)));
  const auto g = y.square().sum(1, true).sqrt();
  y = b.grn.gamma * (y * (g / (g.mean(-1, true) + 1e-6))) + b.grn.beta + y;
  return x + b.pwconv2(y).transpose(1, 2);
}

TEST(ConvNext, AMirroredDecoderEndsWhereItsEncoderBegan) {
  const auto encoder = settings(1, 3, {1, 2, 0}, {8, 12, 16}, {4, 2, 5});
  const auto decoder = mirrored(encoder, 6, 1);
  EXPECT_EQ(decoder.channels, 16);
  EXPECT_EQ(decoder.widths, (std::vector<int64_t>{16, 12, 8, 6}));
  EXPECT_EQ(decoder.depths, (std::vector<int64_t>{0, 2, 1, 1}));
  EXPECT_EQ(decoder.strides, (std::vector<int64_t>{1, 5, 2, 4}));
  Parameters p;
  const ConvNextEncoder in(Scope(p, 1) / "in", encoder);
  const ConvNextDecoder out(Scope(p, 1) / "out", decoder);
  const at::NoGradGuard no_grad;
  EXPECT_EQ(out(in(at::randn({2, 3, 80}))).sizes(), at::IntArrayRef({2, 6, 80}));
}

TEST(ConvNext, BlockIsThePapers) {
  Parameters p;
  const ConvNextBlock block(Scope(p, 2, "", at::kDouble), 6, 1);
  test::shake(p);
  const auto x = test::random_input({2, 6, 13}, false);
  EXPECT_TRUE(at::allclose(block(x), block_by_hand(block, x), 1e-10, 1e-10));
}

TEST(ConvNext, WithoutGradientsTheBlockIsTheSameForBatchesOfAnySize) {
  for (const int64_t channels : {2, 6, 32}) {
    Parameters p;
    const ConvNextBlock block(Scope(p, 2), channels, 1);
    test::shake(p);
    const auto x = at::randn({5, channels, 150});
    const auto with = block(x).detach();
    at::NoGradGuard no_grad;
    const auto whole = block(x);
    EXPECT_TRUE(at::allclose(whole, with, 1e-4, 1e-4)) << channels;
    for (int64_t i = 0; i < 5; ++i)
      EXPECT_TRUE(at::allclose(block(x.narrow(0, i, 1)), whole.narrow(0, i, 1), 1e-5, 1e-5)) << channels;
    p.all().at("dwconv.bias").add_(1);  // a weight that changes is seen
    p.all().at("pwconv2.weight").mul_(2);
    EXPECT_FALSE(at::allclose(block(x), whole, 1e-3, 1e-3)) << channels;
  }
}

TEST(ConvNext, InFewerBitsTheBlockIsNearlyTheSame) {
  Parameters p;
  const ConvNextBlock block(Scope(p, 2), 32, 1);
  test::shake(p);
  at::NoGradGuard no_grad;
  const auto x = at::randn({3, 32, 150});
  const auto exact = block(x);
  for (const auto precision : {Precision::bf16, Precision::int8}) {
    const Autocast few(precision);
    const auto rough = block(x);
    EXPECT_LT((rough - exact).square().mean().item<double>(), 1e-3 * exact.square().mean().item<double>());
    EXPECT_LT(((rough - exact).norm() / (exact - x).norm()).item<double>(), 0.05);
    EXPECT_FALSE(at::allclose(rough, exact, 1e-4, 1e-4));
  }
}

TEST(ConvNext, InFewerBitsAnEncodersFirstStageStaysInFloat) {
  for (const int64_t dimensions : {1, 2}) {
    Parameters p;
    const Scope scope(p, 3);
    const ConvNextEncoder one(scope / "one", settings(dimensions, 2, {2}, {16}, {4})),
        two(scope / "two", settings(dimensions, 2, {1, 1}, {16, 16}, {4, 2}));
    test::shake(p);
    const at::NoGradGuard no_grad;
    const auto x = dimensions == 1 ? at::randn({1, 2, 32}) : at::randn({1, 2, 32, 32});
    const auto exact_one = one(x), exact_two = two(x);
    for (const auto precision : {Precision::bf16, Precision::int8}) {
      const Autocast few(precision);
      const int64_t before = int8_products();
      EXPECT_TRUE(at::allclose(one(x).to(at::kFloat), exact_one, 1e-5, 1e-5));
      EXPECT_EQ(int8_products(), before);
      EXPECT_FALSE(at::allclose(two(x).to(at::kFloat), exact_two, 1e-5, 1e-5));
      EXPECT_EQ(int8_products() - before, precision == Precision::int8 ? 2 : 0) << "of the second stage's one block";
      EXPECT_EQ(precision_on_cpu(), precision) << "the guard holds on";
    }
  }
}

TEST(ConvNext, KeysAndShapesAreThoseOfPublishedFiles) {
  Parameters p;
  const Scope scope(p);
  const ConvNextEncoder encoder(scope / "encoder", settings(1, 2, {1, 1, 1, 1}, {8, 12, 16, 20}, {4, 2, 2, 2}));
  const ConvNextDecoder decoder(scope / "decoder", settings(1, 20, {1, 1, 1, 1}, {16, 12, 8, 2}, {2, 2, 2, 4}));
  for (const char* name :
       {"encoder.downsample_layers.0.0.weight", "encoder.downsample_layers.0.1.weight",
        "encoder.downsample_layers.3.0.bias", "encoder.downsample_layers.3.1.weight",
        "encoder.stages.2.0.dwconv.weight", "encoder.stages.2.0.grn.gamma", "encoder.stages.2.0.pwconv1.weight",
        "encoder.norm.weight", "decoder.upsample_layers.0.0.weight", "decoder.upsample_layers.0.1.weight",
        "decoder.upsample_layers.3.1.weight", "decoder.stages.3.0.pwconv2.bias"})
    EXPECT_TRUE(p.all().contains(name)) << name;
  EXPECT_EQ(p.all().at("encoder.stages.2.0.grn.gamma").sizes(), at::IntArrayRef({1, 1, 64}));
  EXPECT_EQ(p.all().at("decoder.upsample_layers.3.1.weight").sizes(), at::IntArrayRef({8, 2, 4}));
  const auto latent = encoder(at::zeros({3, 2, 128}));
  EXPECT_EQ(latent.sizes(), at::IntArrayRef({3, 20, 4}));
  EXPECT_EQ(decoder(latent).sizes(), at::IntArrayRef({3, 2, 128}));
}

TEST(ConvNext, TwoDimensions) {
  Parameters p;
  const Scope scope(p);
  const ConvNextEncoder encoder(scope / "e", settings(2, 3, {1, 1}, {8, 12}, {4, 2}));
  const ConvNextDecoder decoder(scope / "d", settings(2, 12, {1, 0}, {8, 3}, {2, 4}));
  const auto latent = encoder(at::zeros({2, 3, 16, 24}));
  EXPECT_EQ(latent.sizes(), at::IntArrayRef({2, 12, 2, 3}));
  EXPECT_EQ(decoder(latent).sizes(), at::IntArrayRef({2, 3, 16, 24}));
}

TEST(ConvNext, Gradients) {
  for (const int64_t dimensions : {1, 2}) {
    Parameters p;
    const Scope scope(p, 4, "", at::kDouble);
    const ConvNextEncoder encoder(scope / "e", settings(dimensions, 2, {1, 1}, {3, 4}, {2, 2}));
    const ConvNextDecoder decoder(scope / "d", settings(dimensions, 4, {1, 0}, {3, 2}, {2, 2}));
    test::shake(p);
    const auto x = dimensions == 1 ? test::random_input({2, 2, 12}) : test::random_input({2, 2, 8, 8});
    test::expect_gradients([&] { return decoder(encoder(x)); }, p, x);
  }
}

}  // namespace
}  // namespace asterism::nn
