#include "tokenizers/image_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "example_blocks.h"
#include "nn/autocast.h"
#include "train_a_little.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;

ImageCodecSettings tiny(const std::string& band_embedding = "table") {
  ImageCodecSettings s;
  s.size = 32;
  s.patch = 2;
  s.embed = 8;
  s.widths = {16, 32};
  s.depths = {1, 1};
  s.band_embedding = band_embedding;
  return s;
}

ImageCodec fitted(const ImageCodecSettings& settings, uint64_t seed = 1) {
  ImageCodec codec(settings, seed);
  codec.fit(modalities::Block(test::images(8)));
  return codec;
}

TEST(ImageCodec, LearnsEightImages) {
  for (const char* embedding : {"table", "physical"}) {
    auto codec = fitted(tiny(embedding), 3);
    const auto figures = test::train_a_little(codec, modalities::Block(test::images(8)), 120, 4e-3);
    EXPECT_GT(figures.at("first chi2_per_pixel"), 4) << embedding;
    EXPECT_LT(figures.at("last chi2_per_pixel"), 1.5) << embedding;
  }
}

TEST(ImageCodec, FitsBandsAndNoise) {
  const auto codec = fitted(tiny());
  EXPECT_EQ(codec.settings().bands, (std::vector<std::string>{"des-g", "des-r", "des-z"}));
  EXPECT_NEAR(codec.settings().noise[1], 0.015, 1e-4);
  EXPECT_EQ(codec.settings().wavelengths_angstrom[2], 9260);
  EXPECT_EQ(codec.num_tokens(), 8 * 8);
}

TEST(ImageCodec, AnySubsetAndOrderOfBands) {
  const auto codec = fitted(tiny());
  auto block = test::images(3);
  const auto tokens = codec.encode(modalities::Block(block));
  // the same images with bands in another order
  auto turned = block;
  const size_t area = 32 * 32;
  for (size_t i = 0; i < 3; ++i)
    for (size_t c = 0; c < 3; ++c)
      for (size_t k = 0; k < area; ++k) {
        turned.flux[(i * 3 + c) * area + k] = block.flux[(i * 3 + 2 - c) * area + k];
        turned.ivar[(i * 3 + c) * area + k] = block.ivar[(i * 3 + 2 - c) * area + k];
        turned.mask[(i * 3 + c) * area + k] = block.mask[(i * 3 + 2 - c) * area + k];
      }
  std::swap(turned.bands[0], turned.bands[2]);
  EXPECT_GT((tokens.ids == codec.encode(modalities::Block(turned)).ids).to(at::kFloat).mean().item<double>(), 0.99);
  DecodeRequest request;
  request.bands = {block.bands[2], block.bands[0]};
  const auto two = std::get<modalities::ImageBlock>(codec.decode(tokens, request));
  const auto all = std::get<modalities::ImageBlock>(codec.decode(tokens, {}));
  ASSERT_EQ(two.bands.size(), 2u);
  for (size_t k = 0; k < area; ++k) {
    EXPECT_NEAR(two.flux[k], all.flux[2 * area + k], 1e-5);
    EXPECT_NEAR(two.flux[area + k], all.flux[k], 1e-5);
  }
}

TEST(ImageCodec, OtherSizesAreCroppedOrPaddedWithMask) {
  const auto codec = fitted(tiny());
  const auto small = codec.encode(modalities::Block(test::images(2, 20))),
             large = codec.encode(modalities::Block(test::images(2, 50)));
  EXPECT_EQ(small.ids.sizes(), at::IntArrayRef({2, 64}));
  EXPECT_EQ(large.ids.sizes(), at::IntArrayRef({2, 64}));
  DecodeRequest request;
  request.height = 40;
  request.width = 20;
  const auto out = std::get<modalities::ImageBlock>(codec.decode(small, request));
  EXPECT_EQ(out.height, 40);
  EXPECT_EQ(out.mask[0], 1);  // beyond the 32 rows that were drawn
  EXPECT_EQ(out.mask[size_t(20 * 20 + 10)], 0);
  EXPECT_NO_THROW(modalities::check("decoded", modalities::Block(out)));
}

TEST(ImageCodec, MaskedPixelsHaveNoInfluence) {
  const auto codec = fitted(tiny());
  auto block = test::images(2);
  for (size_t k = 300; k < 340; ++k) block.mask[k] = 1, block.ivar[k] = 0, block.flux[k] = 0;
  const auto clean = codec.encode(modalities::Block(block));
  for (size_t k = 300; k < 340; ++k) block.flux[k] = 1e9f;
  EXPECT_TRUE(at::equal(clean.ids, codec.encode(modalities::Block(block)).ids));
}

TEST(ImageCodec, UnseenBandsByPhysicsOnly) {
  auto block = test::images(2);
  block.bands[1].name = "des-i";
  block.bands[1].wavelength_angstrom = 7840;
  const auto physical = fitted(tiny("physical"));
  const auto tokens = physical.encode(modalities::Block(block));
  DecodeRequest request;
  request.bands = {block.bands[1]};
  EXPECT_NO_THROW(modalities::check("decoded", physical.decode(tokens, request)));
  const auto table = fitted(tiny());
  try {
    table.encode(modalities::Block(block));
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_THAT(e.what(), HasSubstr("des-i"));
  }
}

TEST(ImageCodec, WithoutVariancesTooAndInDisplayUnits) {
  auto settings = tiny();
  settings.unit = "display";
  auto block = test::images(4);
  block.unit = "display";
  block.has_ivar = false;
  for (size_t i = 0; i < block.flux.size(); ++i) {
    block.ivar[i] = block.mask[i] ? 0 : 1;
    block.flux[i] = std::min(1.0f, std::max(0.0f, block.flux[i]));
  }
  ImageCodec codec(settings, 1);
  codec.fit(modalities::Block(block));
  const auto outcome = codec.loss(modalities::Block(block));
  EXPECT_TRUE(at::isfinite(outcome.loss).item<bool>());
  EXPECT_GT(outcome.figures.at("chi2_per_pixel").item<double>(), 0.1);
}

TEST(ImageCodec, Bf16TokensAreInRangeAndMostlyTheSame) {
  const auto codec = fitted(tiny());
  const modalities::Block block = test::images(8);
  const auto exact = codec.encode(block);
  const nn::Autocast guard(nn::Precision::bf16);
  const auto rough = codec.encode(block);
  EXPECT_LT(rough.ids.max().item<int64_t>(), codec.vocabulary());
  EXPECT_GT((exact.ids == rough.ids).to(at::kFloat).mean().item<double>(), 0.7);
}

TEST(ImageCodec, RefusesWhatCannotBe) {
  auto s = tiny();
  s.size = 30;
  EXPECT_THROW(ImageCodec(s, 0), base::UserError);
  const ImageCodec empty(tiny(), 0);
  EXPECT_THROW(empty.encode(modalities::Block(test::images(1))), base::UserError);
  const auto codec = fitted(tiny());
  auto block = test::images(2);
  block.unit = "counts";
  EXPECT_THROW(codec.encode(modalities::Block(block)), base::UserError);
  auto other = tiny();
  other.bands = {"hsc-g"};
  ImageCodec wrong(other, 0);
  EXPECT_THROW(wrong.fit(modalities::Block(test::images(1))), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
