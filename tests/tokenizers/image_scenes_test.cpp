#include "tokenizers/image_scenes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "example_scenes.h"
#include "tokenizers/block_tensors.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;

ImageScenesSettings small_scenes() {
  ImageScenesSettings s;
  s.size = 48;
  s.knots_angstrom = {4500, 6000, 7500, 9500};
  s.galaxy_directions = 5;
  s.point_directions = 3;
  s.tokens = 5;
  return s;
}

double chi2(const modalities::ImageBlock& seen, const modalities::ImageBlock& drawn) {
  double sum = 0, good = 0;
  for (size_t p = 0; p < seen.flux.size(); ++p) {
    sum += std::pow(double(seen.flux[p]) - double(drawn.flux[p]), 2) * double(seen.ivar[p]);
    good += seen.ivar[p] > 0 ? 1 : 0;
  }
  return sum / good;
}

modalities::ImageBlock redrawn(const ImageScenes& codec, const modalities::ImageBlock& as, const Tokens& tokens) {
  DecodeRequest request;
  request.bands = as.bands;
  request.height = as.height;
  request.width = as.width;
  request.psf_fwhm_arcsec = as.psf_fwhm_arcsec;
  request.pixel_scale_arcsec = as.pixel_scale_arcsec;
  return std::get<modalities::ImageBlock>(codec.decode(tokens, request));
}

const ImageScenes& learned_scenes() {
  static const auto codec = [] {
    auto out = std::make_unique<ImageScenes>(small_scenes());
    out->fit(test::scenes(120));
    return out;
  }();
  return *codec;
}

TEST(ImageScenes, DrawsWhatItReadToTheNoise) {
  const auto seen = test::scenes(30, {}, 2);
  const auto tokens = learned_scenes().encode(seen);
  EXPECT_LT(chi2(seen, redrawn(learned_scenes(), seen, tokens)), 1.3);
}

TEST(ImageScenes, ReadsAndDrawsAnInstrumentItHasNeverSeen) {
  const auto seen = test::scenes(30, test::sharper_camera(), 2);
  const auto tokens = learned_scenes().encode(seen);
  EXPECT_LT(chi2(seen, redrawn(learned_scenes(), seen, tokens)), 2);
}

TEST(ImageScenes, OneInstrumentsTokensDrawTheOthersImage) {
  auto sharp = test::sharper_camera();
  sharp.noise = 0.03;
  const auto seen = test::scenes(30, {}, 2), other = test::scenes(30, sharp, 2);
  const auto tokens = learned_scenes().encode(seen);
  EXPECT_LT(chi2(other, redrawn(learned_scenes(), other, tokens)), 3);
}

// Sources with `factor` times the light in the reddest band, at `signal` times the signal to noise.
modalities::ImageBlock red_scenes(int64_t n, float factor, float signal) {
  auto out = test::scenes(n, {}, 2);
  const int64_t pixels = out.height * out.width;
  for (size_t p = 0; p < out.flux.size(); ++p) {
    if (int64_t(p) / pixels % 3 == 2) out.flux[p] *= factor;
    out.ivar[p] *= signal * signal / (int64_t(p) / pixels % 3 == 2 ? factor * factor : 1);
  }
  return out;
}

TEST(ImageScenes, ASourceRedderThanAllLearnedFromIsReachedAllTheSame) {
  const auto seen = red_scenes(24, 12, 1);
  const auto tokens = learned_scenes().encode(seen);
  auto s = small_scenes();
  s.token_bits = 10;  // no room for a stretch in the first token
  s.tokens = 6;
  ImageScenes plain(s);
  plain.fit(test::scenes(120));
  EXPECT_GT(tokens.ids.select(1, 0).ge(1024).sum().item<int64_t>(), 0);
  EXPECT_LT(chi2(seen, redrawn(learned_scenes(), seen, tokens)),
            0.5 * chi2(seen, redrawn(plain, seen, plain.encode(seen))));
  const auto vectors = learned_scenes().vectors(tokens);
  EXPECT_TRUE(at::isfinite(vectors).all().item<bool>());
}

TEST(ImageScenes, VectorsSayWhatItIs) {
  const auto seen = test::scenes(12, {}, 2);
  const auto vectors = learned_scenes().vectors(learned_scenes().encode(seen));
  EXPECT_EQ(vectors.sizes(), at::IntArrayRef({12, 7 + 3 + 5}));
  int64_t right = 0;
  for (int64_t i = 0; i < 12; ++i) right += (vectors[i][1].item<float>() == 1) == test::shows_point(i) ? 1 : 0;
  EXPECT_GE(right, 10);
}

TEST(ImageScenes, ByNameItKnowsOnlyWhatItLearned) {
  auto s = small_scenes();
  s.band_embedding = "name";
  ImageScenes codec(s);
  codec.fit(test::scenes(120));
  const auto seen = test::scenes(20, {}, 2);
  EXPECT_LT(chi2(seen, redrawn(codec, seen, codec.encode(seen))), 1.3);
  try {
    codec.encode(test::scenes(2, test::sharper_camera()));
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_THAT(e.what(), HasSubstr("'b-i'"));
  }
}

TEST(ImageScenes, ABandLeftOutIsNotLearnedFromByNameEither) {
  auto s = small_scenes();
  s.band_embedding = "name";
  s.left_out_bands = {"a-r"};
  ImageScenes codec(s);
  const auto seen = test::scenes(120);
  codec.fit(seen);
  EXPECT_LT(codec.loss(seen).figures.at("chi2_per_pixel").item<double>(), 1.3);  // also where nothing is trained
}

TEST(ImageScenes, ABandLeftOutIsDrawnAllTheSame) {
  test::Camera camera;
  camera.bands = {{"c-g", 4800, 500}, {"c-r", 6000, 500}, {"c-i", 7000, 500}, {"c-z", 8000, 500}};
  auto s = small_scenes();
  s.left_out_bands = {"c-i"};
  ImageScenes codec(s);
  codec.fit(test::scenes(120, camera));
  EXPECT_EQ(codec.settings().bands, (std::vector<std::string>{"c-g", "c-r", "c-z"}));
  const auto seen = test::scenes(20, camera, 2);
  EXPECT_LT(chi2(seen, redrawn(codec, seen, codec.encode(seen))), 2);
}

TEST(ImageScenes, WithoutAWavelengthABandIsNamed) {
  auto block = test::scenes(3);
  block.bands[1].wavelength_angstrom = 0;
  try {
    learned_scenes().encode(block);
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_THAT(e.what(), HasSubstr("'a-r'"));
  }
}

TEST(ImageScenes, AnUnknownPsfIsThatOfTheNearestBand) {
  auto block = test::scenes(6, {}, 2);
  const auto known = learned_scenes().encode(block);
  for (auto& fwhm : block.psf_fwhm_arcsec) fwhm = 0;
  EXPECT_TRUE(at::equal(learned_scenes().encode(block).ids, known.ids));  // all have the same there
}

TEST(ImageScenes, SettingsThatContradictThemselves) {
  auto s = small_scenes();
  s.brightness_low = 6;
  EXPECT_THROW(ImageScenes{s}, base::UserError);
  s = small_scenes();
  s.knots_angstrom = {5000, 4000};
  EXPECT_THROW(ImageScenes{s}, base::UserError);
  s = small_scenes();
  s.psf_fwhm_arcsec = {1.0};
  EXPECT_THROW(ImageScenes{s}, base::UserError);
}

TEST(ImageScenes, TooFewImagesToLearnFrom) {
  ImageScenes codec(small_scenes());
  EXPECT_THROW(codec.fit(test::scenes(5)), base::UserError);
  EXPECT_THROW(codec.encode(test::scenes(5)), base::UserError);  // it knows nothing yet
}

}  // namespace
}  // namespace asterism::tokenizers
