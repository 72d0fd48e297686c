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

ImageCodecSettings tiny_image_codec(const std::string& band_embedding = "name") {
  ImageCodecSettings s;
  s.size = 32;
  s.patch = 2;
  s.embed = 8;
  s.widths = {16, 32};
  s.depths = {1, 1};
  s.band_embedding = band_embedding;
  return s;
}

ImageCodec fitted_codec(const ImageCodecSettings& settings, uint64_t seed = 1) {
  ImageCodec codec(settings, seed);
  codec.fit(modalities::Block(test::images(8)));
  return codec;
}

TEST(ImageCodec, LearnsEightImages) {
  for (const char* embedding : {"name", "field", "physical"}) {
    auto codec = fitted_codec(tiny_image_codec(embedding), 3);
    const auto figures = test::train_a_little(codec, modalities::Block(test::images(8)), 120, 4e-3);
    EXPECT_GT(figures.at("first chi2_per_pixel"), 4) << embedding;
    EXPECT_LT(figures.at("last chi2_per_pixel"), 1.5) << embedding;
  }
}

TEST(ImageCodec, FitsBandsAndNoise) {
  const auto codec = fitted_codec(tiny_image_codec());
  EXPECT_EQ(codec.settings().bands, (std::vector<std::string>{"des-g", "des-r", "des-z"}));
  EXPECT_NEAR(codec.settings().noise[1], 0.015, 1e-4);
  EXPECT_EQ(codec.settings().wavelengths_angstrom[2], 9260);
  EXPECT_EQ(codec.num_tokens(), 8 * 8);
}

TEST(ImageCodec, EveryQuantiserLearnsEightImages) {
  for (const char* quantiser : {"lfq", "bsq", "vq"}) {
    auto settings = tiny_image_codec();
    settings.quantiser = quantiser;
    settings.vq_codes = 64;
    auto codec = fitted_codec(settings, 3);
    const auto figures = test::train_a_little(codec, modalities::Block(test::images(8)), 120, 4e-3);
    EXPECT_LT(figures.at("last chi2_per_pixel"), 0.5 * figures.at("first chi2_per_pixel")) << quantiser;
    EXPECT_GT(figures.at("last perplexity"), 3) << quantiser;
    EXPECT_TRUE(figures.contains("last penalty")) << quantiser;
  }
}

TEST(ImageCodec, TokensOfTheWholeImageAndItsBrightness) {
  auto settings = tiny_image_codec();
  settings.tokens = 24;
  settings.norm_bins = 256;
  auto codec = fitted_codec(settings, 3);
  EXPECT_EQ(codec.num_tokens(), 25);
  const auto figures = test::train_a_little(codec, modalities::Block(test::images(8)), 120, 4e-3);
  EXPECT_LT(figures.at("last chi2_per_pixel"), 1.5);
  // twice as bright beside its noise: another first token, two codes of brightness alike
  auto block = test::images(2);
  const auto tokens = codec.encode(modalities::Block(block));
  for (auto& value : block.flux) value *= 2;
  const auto brighter = codec.encode(modalities::Block(block));
  EXPECT_NEAR((brighter.ids - tokens.ids)[0][0].item<double>(), std::log10(2.0) * 256 / 4, 2.5);
  auto wrong = tokens;
  wrong.ids = tokens.ids.clone();
  wrong.ids.select(1, 0).fill_(300);
  EXPECT_THROW(codec.decode(wrong), base::UserError);
}

TEST(ImageCodec, AnySubsetAndOrderOfBands) {
  for (const char* embedding : {"name", "field", "physical"}) {
    const auto codec = fitted_codec(tiny_image_codec(embedding));
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
}

// A band that one object lacks has no influence on that object, and comes back all the same.
TEST(ImageCodec, AMissingBandIsNotThere) {
  for (const char* embedding : {"name", "field", "physical"}) {
    const auto codec = fitted_codec(tiny_image_codec(embedding));
    auto block = test::images(2);
    const size_t area = 32 * 32;
    for (size_t k = 0; k < area; ++k) block.mask[area + k] = 1, block.ivar[area + k] = 0, block.flux[area + k] = 7;
    const auto tokens = codec.encode(modalities::Block(block));
    auto without = block;
    without.bands.erase(without.bands.begin() + 1);
    without.flux.clear(), without.ivar.clear(), without.mask.clear(), without.psf_fwhm_arcsec.assign(4, 1.3f);
    for (size_t i = 0; i < 2; ++i)
      for (const size_t c : {size_t(0), size_t(2)})
        for (size_t k = 0; k < area; ++k) {
          without.flux.push_back(block.flux[(i * 3 + c) * area + k]);
          without.ivar.push_back(block.ivar[(i * 3 + c) * area + k]);
          without.mask.push_back(block.mask[(i * 3 + c) * area + k]);
        }
    const auto less = codec.encode(modalities::Block(without));
    EXPECT_GT((tokens.ids[0] == less.ids[0]).to(at::kFloat).mean().item<double>(), 0.98) << embedding;
    DecodeRequest request;
    request.bands = {block.bands[1]};
    EXPECT_NO_THROW(modalities::check("decoded", codec.decode(less, request)));
  }
}

TEST(ImageCodec, HiddenBandsAreLearnedFromTheOthers) {
  auto settings = tiny_image_codec("physical");
  settings.band_dropout = 0.5;
  auto codec = fitted_codec(settings, 3);
  const modalities::Block block = test::images(8);
  Lesson lesson{{&block}, {{1, 2, 3, 4, 5, 6, 7, 8}}, true, 5, 0};
  const double first = codec.learn(lesson).loss.item<double>(), again = codec.learn(lesson).loss.item<double>();
  EXPECT_NEAR(first, again, 1e-4 * first);
  lesson.epoch = 1;
  EXPECT_NE(codec.learn(lesson).loss.item<double>(), first);
  lesson.training = false;
  const double plain = codec.learn(lesson).loss.item<double>();
  EXPECT_NEAR(plain, codec.loss(block).loss.item<double>(), 1e-4 * plain);
  EXPECT_GT(std::abs(first - plain), 1e-3 * plain);
}

TEST(ImageCodec, OtherSizesAreCroppedOrPaddedWithMask) {
  const auto codec = fitted_codec(tiny_image_codec());
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
  const auto codec = fitted_codec(tiny_image_codec());
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
  const auto physical = fitted_codec(tiny_image_codec("physical"));
  EXPECT_EQ(physical.settings().pixel_scales_arcsec, (std::vector<double>{0.262, 0.262, 0.262}));
  EXPECT_NEAR(physical.settings().psf_fwhm_arcsec[0], 1.3, 1e-5);
  const auto tokens = physical.encode(modalities::Block(block));
  DecodeRequest request;
  request.bands = {block.bands[1]};
  EXPECT_NO_THROW(modalities::check("decoded", physical.decode(tokens, request)));
  const auto table = fitted_codec(tiny_image_codec());
  try {
    table.encode(modalities::Block(block));
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_THAT(e.what(), HasSubstr("des-i"));
  }
}

TEST(ImageCodec, BandsOfSeveralSurveysLearnTogether) {
  auto other = test::images(4, 24, 9);
  for (auto& band : other.bands) band.name = "hsc" + band.name.substr(3);
  const modalities::Block a = test::images(4), b = other;
  auto settings = tiny_image_codec("physical");
  settings.scale = "image";
  settings.left_out_bands = {"hsc-r"};
  ImageCodec codec(settings, 2);
  codec.fit_all({{&a, &b}, {}});
  EXPECT_EQ(codec.settings().bands, (std::vector<std::string>{"des-g", "des-r", "des-z", "hsc-g", "hsc-z"}));
  const auto outcome = codec.learn({{&a, &b}, {}});
  EXPECT_EQ(outcome.weight, 8);
  outcome.loss.backward();
  for (const auto& entry : codec.parameters().parameters()) EXPECT_TRUE(entry.second.grad().defined()) << entry.first;
  EXPECT_NO_THROW(codec.encode(b));  // with the band that was left out
}

// The scale of each image is its own sky's: a deeper image of the same signal-to-noise has the same tokens.
TEST(ImageCodec, DepthIsMetadata) {
  auto settings = tiny_image_codec();
  settings.scale = "image";
  const auto codec = fitted_codec(settings);
  auto block = test::images(3);
  const auto tokens = codec.encode(modalities::Block(block));
  for (auto& value : block.flux) value *= 0.1f;
  for (auto& value : block.ivar) value *= 100;
  EXPECT_GT((tokens.ids == codec.encode(modalities::Block(block)).ids).to(at::kFloat).mean().item<double>(), 0.99);
  DecodeRequest request;
  request.bands = block.bands;
  request.noise = {0.001f, 0.0015f, 0.003f};
  const auto deep = std::get<modalities::ImageBlock>(codec.decode(tokens, request));
  request.noise = {};
  const auto usual = std::get<modalities::ImageBlock>(codec.decode(tokens, request));
  EXPECT_NEAR(deep.flux[500], 0.1 * usual.flux[500], 1e-3 * std::abs(usual.flux[500]));
  request.noise = {1, 2};
  EXPECT_THROW(codec.decode(tokens, request), base::UserError);
}

TEST(ImageCodec, WithoutVariancesTooAndInDisplayUnits) {
  auto settings = tiny_image_codec();
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
  const auto codec = fitted_codec(tiny_image_codec());
  const modalities::Block block = test::images(8);
  const auto exact = codec.encode(block);
  const nn::Autocast guard(nn::Precision::bf16);
  const auto rough = codec.encode(block);
  EXPECT_LT(rough.ids.max().item<int64_t>(), codec.vocabulary());
  EXPECT_GT((exact.ids == rough.ids).to(at::kFloat).mean().item<double>(), 0.7);
}

TEST(ImageCodec, RefusesWhatCannotBe) {
  auto s = tiny_image_codec();
  s.size = 30;
  EXPECT_THROW(ImageCodec(s, 0), base::UserError);
  const ImageCodec empty(tiny_image_codec(), 0);
  EXPECT_THROW(empty.encode(modalities::Block(test::images(1))), base::UserError);
  const auto codec = fitted_codec(tiny_image_codec());
  auto block = test::images(2);
  block.unit = "counts";
  EXPECT_THROW(codec.encode(modalities::Block(block)), base::UserError);
  auto other = tiny_image_codec();
  other.bands = {"hsc-g"};
  ImageCodec wrong(other, 0);
  EXPECT_THROW(wrong.fit(modalities::Block(test::images(1))), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
