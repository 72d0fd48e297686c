#include "tokenizers/image_templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "example_sky.h"
#include "modalities/image.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

ImageTemplatesSettings small_image_templates() {
  ImageTemplatesSettings s;
  s.size = 24;
  s.angles = 16;
  s.sizes = 8;
  s.directions = 8;
  s.tokens = 4;
  s.fit_rounds = 4;
  s.error_floor = 0;
  return s;
}

double chi2_of(const modalities::ImageBlock& seen, const modalities::ImageBlock& drawn) {
  double chi = 0, pixels = 0;
  for (size_t i = 0; i < seen.flux.size(); ++i) {
    if (seen.mask[i] != 0) continue;
    chi += std::pow(double(seen.flux[i]) - double(drawn.flux[i]), 2) * double(seen.ivar[i]);
    pixels += 1;
  }
  return chi / pixels;
}

class ImageTemplatesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    codec_ = new ImageTemplates(small_image_templates(), 1);
    codec_->fit(modalities::Block(test::stars_and_galaxies(450)));
  }
  static void TearDownTestSuite() { delete codec_; }
  static ImageTemplates* codec_;
};
ImageTemplates* ImageTemplatesTest::codec_ = nullptr;

TEST_F(ImageTemplatesTest, DrawsBackToTheNoise) {
  EXPECT_EQ(codec_->num_tokens(), 6);
  EXPECT_EQ(codec_->vocabulary(), 1024);
  const auto seen = test::stars_and_galaxies(120, 24, 2);
  const auto tokens = codec_->encode(seen);
  EXPECT_LT(chi2_of(seen, std::get<modalities::ImageBlock>(codec_->decode(tokens))), 2.5);
  const auto outcome = codec_->loss(modalities::Block(seen));
  EXPECT_LT(outcome.figures.at("chi2_per_pixel").item<double>(), 2.5);
  EXPECT_NEAR(outcome.loss.item<double>() * 2, outcome.figures.at("chi2_per_pixel").item<double>(), 0.05);
}

TEST_F(ImageTemplatesTest, VectorsSayWhatItIsAndHowItLies) {
  const auto seen = test::stars_and_galaxies(90, 24, 3);
  const auto vectors = codec_->vectors(codec_->encode(seen));
  EXPECT_EQ(vectors.sizes(), at::IntArrayRef({90, 1 + 2 + 3 + 8}));
  const auto star = (at::remainder(at::arange(90), 3) == 0).to(at::kFloat);
  EXPECT_GT((vectors.select(1, 1) == star).to(at::kFloat).mean().item<double>(), 0.95);
  const auto turned = vectors.select(1, 3).square() + vectors.select(1, 4).square();
  EXPECT_TRUE(at::allclose(turned, vectors.select(1, 2), 1e-4, 1e-4));  // galaxies are, stars are not
  EXPECT_LT((vectors.select(1, 5) * vectors.select(1, 2)).abs().max().item<double>(), 1e-6);
}

TEST_F(ImageTemplatesTest, BandsInAnyOrderAndNotAll) {
  const auto seen = test::stars_and_galaxies(30, 24, 4);
  auto turned = seen;
  std::swap(turned.bands[0], turned.bands[2]);
  for (size_t i = 0; i < 30; ++i)
    for (size_t p = 0; p < 576; ++p)
      for (auto* values : {&turned.flux, &turned.ivar})
        std::swap((*values)[i * 1728 + p], (*values)[i * 1728 + 1152 + p]);
  for (size_t i = 0; i < 30; ++i)
    for (size_t p = 0; p < 576; ++p) std::swap(turned.mask[i * 1728 + p], turned.mask[i * 1728 + 1152 + p]);
  const auto tokens = codec_->encode(seen);
  EXPECT_TRUE(at::equal(codec_->encode(turned).ids, tokens.ids));
  DecodeRequest request;
  request.bands = {seen.bands[2]};
  const auto all = std::get<modalities::ImageBlock>(codec_->decode(tokens)),
             one = std::get<modalities::ImageBlock>(codec_->decode(tokens, request));
  for (size_t p = 0; p < 576; ++p) EXPECT_EQ(one.flux[576 + p], all.flux[1728 + 1152 + p]);
  // without its last band, an image still says what its others look like
  auto fewer = modalities::make_images(30, {seen.bands[0], seen.bands[1]}, 24, 24, seen.unit, 0.262, true);
  std::fill(fewer.present.begin(), fewer.present.end(), 1);
  for (size_t i = 0; i < 30; ++i)
    for (size_t p = 0; p < 1152; ++p) {
      fewer.flux[i * 1152 + p] = seen.flux[i * 1728 + p];
      fewer.ivar[i * 1152 + p] = seen.ivar[i * 1728 + p];
      fewer.mask[i * 1152 + p] = seen.mask[i * 1728 + p];
    }
  request.bands = fewer.bands;
  EXPECT_LT(chi2_of(fewer, std::get<modalities::ImageBlock>(codec_->decode(codec_->encode(fewer), request))), 3);
}

TEST_F(ImageTemplatesTest, AStepAgainstTheGradientHelps) {
  const modalities::Block block = test::stars_and_galaxies(24, 24, 5);
  ImageTemplates copy(codec_->settings(), 1);
  copy.parameters().load(codec_->parameters().all(), "copy");
  const auto outcome = copy.loss(block);
  outcome.loss.backward();
  {
    at::NoGradGuard no_grad;
    for (const auto& [name, value] : copy.parameters().parameters())
      value.add_(value.grad(), -1e-3 / value.grad().norm().item<double>());
  }
  EXPECT_LT(copy.loss(block).loss.item<double>(), outcome.loss.item<double>());
}

TEST_F(ImageTemplatesTest, AnyTokensInRangeDecode) {
  const auto ids = at::full({2, codec_->num_tokens()}, codec_->vocabulary() - 1, at::kLong);
  EXPECT_NO_THROW(modalities::check("decoded", codec_->decode({ids, at::ones({2}, at::kBool)})));
  auto s = small_image_templates();
  s.norm_bins = 16;  // fewer than the vocabulary
  ImageTemplates codec(s, 1);
  codec.fit(modalities::Block(test::stars_and_galaxies(60)));
  const Tokens all{ids, at::ones({2}, at::kBool)};
  EXPECT_NO_THROW(modalities::check("decoded", codec.decode(all)));
  EXPECT_TRUE(at::isfinite(codec.vectors(all)).all().item<bool>());
}

// A recipe may say all that is learned but the templates.
TEST_F(ImageTemplatesTest, SettingsThatAreGivenAreNotTemplates) {
  ImageTemplates codec(codec_->settings(), 2);
  const auto seen = test::stars_and_galaxies(60, 24, 7);
  EXPECT_THAT([&] { codec.encode(seen); }, ThrowsMessage<base::UserError>(HasSubstr("fit it")));
  codec.fit(modalities::Block(test::stars_and_galaxies(450)));
  EXPECT_EQ(codec.settings().noise, codec_->settings().noise);
  EXPECT_LT(chi2_of(seen, std::get<modalities::ImageBlock>(codec.decode(codec.encode(seen)))), 4);
}

TEST_F(ImageTemplatesTest, ManyAtOnceAreManyParts) {
  const auto seen = test::stars_and_galaxies(300, 24, 8);
  const auto together = codec_->encode(seen);
  const auto last = codec_->encode(modalities::select(modalities::Block(seen), {298, 299}));
  EXPECT_TRUE(at::equal(together.ids.narrow(0, 298, 2), last.ids));
}

TEST_F(ImageTemplatesTest, HostileImagesHaveTokensOrNone) {
  auto seen = test::stars_and_galaxies(5, 24, 10);
  for (size_t p = 0; p < 1728; ++p) {
    seen.flux[p] = -seen.flux[p];
    seen.mask[1728 + p] = p == 300 ? 0 : 1;
    seen.flux[2 * 1728 + p] *= 1e36F;
    seen.ivar[3 * 1728 + p] = 1e30F;
    seen.ivar[4 * 1728 + p] = 1e-30F;
  }
  seen.flux[1728 + 300] = 1;
  seen.ivar[1728 + 300] = 1;
  const auto tokens = codec_->encode(seen);
  EXPECT_GE(tokens.ids.min().item<int64_t>(), 0);
  EXPECT_LT(tokens.ids.max().item<int64_t>(), codec_->vocabulary());
  EXPECT_TRUE(at::isfinite(codec_->loss(modalities::select(modalities::Block(seen), {0, 1, 4})).loss).item<bool>());
}

TEST_F(ImageTemplatesTest, RefusesWhatCannotBe) {
  auto seen = test::stars_and_galaxies(3, 24, 6);
  seen.bands[1].name = "euclid-vis";
  EXPECT_THAT([&] { codec_->encode(seen); }, ThrowsMessage<base::UserError>(HasSubstr("'euclid-vis'")));
  seen.bands[1].name = seen.bands[0].name;
  EXPECT_THAT([&] { codec_->encode(seen); }, ThrowsMessage<base::UserError>(HasSubstr("twice")));
  seen = test::stars_and_galaxies(3, 24, 6);
  seen.pixel_scale_arcsec = 0.4;
  EXPECT_THAT([&] { codec_->encode(seen); }, ThrowsMessage<base::UserError>(HasSubstr("0.262 arcsec; these have 0.4")));
  auto s = small_image_templates();
  s.size_high = 4;
  EXPECT_THAT([&] { ImageTemplates(s, 0); }, ThrowsMessage<base::UserError>(HasSubstr("or neither")));
  s = small_image_templates();
  s.frames = {"sideways"};
  EXPECT_THAT([&] { ImageTemplates(s, 0); }, ThrowsMessage<base::UserError>(HasSubstr("'sideways'")));
  s = small_image_templates();
  s.norm_bins = 0;
  EXPECT_THAT([&] { ImageTemplates(s, 0); }, ThrowsMessage<base::UserError>(HasSubstr("norm_bins")));
  ImageTemplates codec(small_image_templates(), 0);
  EXPECT_THAT([&] { codec.encode(test::stars_and_galaxies(3)); }, ThrowsMessage<base::UserError>(HasSubstr("fit it")));
  EXPECT_THAT([&] { codec.fit(modalities::Block(test::stars_and_galaxies(12))); },
              ThrowsMessage<base::UserError>(HasSubstr("12 images with all of the bands")));
  EXPECT_TRUE(codec.settings().bands.empty());
}

}  // namespace
}  // namespace asterism::tokenizers
