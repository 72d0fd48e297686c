#include "tokenizers/image_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "example_blocks.h"
#include "tokenizers/image_crop.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(ImageGrid, LearnsTheBandsThatAreNotLeftOut) {
  const auto block = test::images(4);
  ImageGridSettings s;
  s.left_out_bands = {block.bands[1].name};
  learn_bands(s, {&block}, "me");
  EXPECT_EQ(s.bands, (std::vector<std::string>{block.bands[0].name, block.bands[2].name}));
  EXPECT_EQ(s.wavelengths_angstrom[1], block.bands[2].wavelength_angstrom);
  EXPECT_NEAR(s.noise[1], 0.03, 1e-3);
  s.bands = {"sloan-q"};
  EXPECT_THAT([&] { learn_bands(s, {&block}, "me"); }, ThrowsMessage<base::UserError>(HasSubstr("'sloan-q'")));
}

// What is learned of the data must be read again out of config.json: a codec of 21 cm was trained, and would not open.
TEST(ImageGrid, BandsOfRadioImagesAreReadAgain) {
  auto block = test::images(4);
  block.bands[0] = {"first-l", 2.998e18 / 1.4e9, 6e7};
  block.bands[1] = {"lofar-hba", 2.998e18 / 144e6, 7e9};
  ImageGridSettings s, again;
  learn_bands(s, {&block}, "me");
  auto fields = config::fields_of(again);
  config::read_json(fields, config::to_json(config::fields_of(s)), "config.json");
  EXPECT_EQ(again.wavelengths_angstrom, s.wavelengths_angstrom);
  EXPECT_EQ(again.widths_angstrom, s.widths_angstrom);
}

TEST(ImageGrid, GoodPixelsOfThosePresent) {
  auto block = test::images(3, 16);
  test::hide(block, 1);
  const auto pixels = good_pixels(block, {2, 0}, 20);
  EXPECT_EQ(pixels.n, 3);
  EXPECT_TRUE(at::equal(pixels.rows_M, at::tensor({0L, 2L})));
  EXPECT_EQ(pixels.flux_MCSS.sizes(), at::IntArrayRef({2, 2, 20, 20}));
  EXPECT_EQ(pixels.ivar_MCHW.sizes(), at::IntArrayRef({2, 2, 16, 16}));
  EXPECT_FALSE(pixels.good_MCSS[0][0][0][0].item<bool>());  // padded
  EXPECT_EQ(pixels.flux_MCSS[1][1][2][2].item<float>(), block.flux[2 * 3 * 256]);
  EXPECT_TRUE(at::equal(pixels.good_MCSS, pixels.ivar_MCSS > 0));
}

TEST(ImageGrid, BrightnessIsWhatTheTokenSays) {
  ImageGridSettings s;
  s.norm_bins = 400;
  const auto sharp = at::ones({2, 1, 8, 8});
  const auto flux = at::ones({2, 1, 8, 8}) * at::tensor({100.0, 2000.0}).to(at::kFloat).view({2, 1, 1, 1});
  const auto ids = brightness_ids(s, flux, sharp);
  const auto brightness = brightness_of(s, ids);
  EXPECT_NEAR(brightness[0].item<double>(), 80, 80 * 0.012);  // half a step of 0.01 dex
  EXPECT_NEAR(brightness[1].item<double>(), 1600, 1600 * 0.012);
  EXPECT_EQ(brightness_ids(s, at::zeros_like(flux), sharp)[0].item<int64_t>(), 0);
  EXPECT_NO_THROW(check_brightness(s, at::tensor({399L}).view({1, 1}), "me"));
  EXPECT_THAT(
      [&] {
        check_brightness(s, at::tensor({400L}).view({1, 1}), "me");
      },
      ThrowsMessage<base::UserError>(HasSubstr("0..399; 400")));
}

TEST(ImageGrid, ImagesOfTheSizeAskedFor) {
  ImageGridSettings s;
  s.size = 8;
  DecodeRequest request;
  request.height = 10;
  request.width = 6;
  auto out = blank_images(s, test::optical_bands(), 2, request, "me");
  const auto present = at::tensor({1L, 0L}).to(at::kBool);
  fill_images(out, s, present, crop_or_pad(at::ones({2, 3, 8, 8}), 10, 6) * present.view({2, 1, 1, 1}));
  EXPECT_NO_THROW(modalities::check("drawn", out));
  EXPECT_EQ(out.mask[0], 1);  // above what is drawn
  EXPECT_EQ(out.mask[6], 0);
  EXPECT_EQ(out.mask[3 * 60 + 6], 1);  // absent
  request.height = -1;
  EXPECT_THAT([&] { blank_images(s, test::optical_bands(), 2, request, "me"); },
              ThrowsMessage<base::UserError>(HasSubstr("-1 x 6")));
}

TEST(ImageGrid, AnImageIsThereWhereItsCropIs) {
  auto block = test::images(2, 16);
  for (size_t c = 0; c < 3; ++c)
    for (size_t y = 4; y < 12; ++y)
      for (size_t x = 4; x < 12; ++x) block.mask[c * 256 + y * 16 + x] = 1;
  EXPECT_EQ(good_pixels(block, {0, 1, 2}, 16).rows_M.size(0), 2);
  EXPECT_TRUE(at::equal(good_pixels(block, {0, 1, 2}, 8).rows_M, at::tensor({1L})));
}

TEST(ImageGrid, RefusesBandsThatCannotBe) {
  ImageGridSettings s;
  s.bands = {"des-g", "des-g"};
  EXPECT_THAT([&] { check_bands(s, "me"); }, ThrowsMessage<base::UserError>(HasSubstr("'des-g' twice")));
  s.bands = {"des-g", "des-r"};
  s.left_out_bands = {"des-r"};
  EXPECT_THAT([&] { check_bands(s, "me"); }, ThrowsMessage<base::UserError>(HasSubstr("left_out_bands")));
  s.left_out_bands = {};
  s.noise = {0.1};
  EXPECT_THAT([&] { check_bands(s, "me"); }, ThrowsMessage<base::UserError>(HasSubstr("1 levels of noise for 2")));
  s.noise = {0.1, 0};
  EXPECT_THAT([&] { check_bands(s, "me"); }, ThrowsMessage<base::UserError>(HasSubstr("noise = 0")));
}

}  // namespace
}  // namespace asterism::tokenizers
