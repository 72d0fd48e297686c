#include "models/image_input.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "modalities/image.h"
#include "models/legacy_rgb.h"

namespace asterism::models {
namespace {

modalities::ImageBlock blank_images(std::vector<modalities::Band> bands, int64_t side, double scale) {
  auto out = modalities::make_images(2, std::move(bands), side, side, "nanomaggy", scale, false);
  for (size_t i = 0; i < out.flux.size(); ++i) out.flux[i] = float(i % 97) * 0.01f;
  out.present.assign(2, 1);
  out.mask.assign(out.mask.size(), 0);
  out.ivar.assign(out.ivar.size(), 1);
  return out;
}

const std::vector<modalities::Band> kLegacy = {
    {"des-g", 4800, 0}, {"des-r", 6400, 0}, {"des-i", 7800, 0}, {"des-z", 9200, 0}};

ImageInputSettings image_settings(int64_t crop) {
  ImageInputSettings s;
  s.crop = crop;
  return s;
}

std::string image_refusal(const modalities::Block& block, const ImageInputSettings& s) {
  try {
    prepare_images(block, s, 4, false);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

TEST(ImageInput, TakesItsBandsAndTheMiddle) {
  const auto block = blank_images(kLegacy, 20, 0.262);
  const auto out = prepare_images(block, image_settings(16), 4, false);
  ASSERT_EQ(out.sizes(), (std::vector<int64_t>{2, 3, 16, 16}));
  const auto all = at::from_blob(const_cast<float*>(block.flux.data()), {2, 4, 20, 20}, at::kFloat);
  const auto grz = at::stack({all.select(1, 0), all.select(1, 1), all.select(1, 3)}, 1);
  EXPECT_TRUE(at::allclose(out, legacy_rgb(grz.narrow(2, 2, 16).narrow(3, 2, 16))));
}

TEST(ImageInput, RefusesOtherBandsPixelsAndSizesUnlessTold) {
  const std::vector<modalities::Band> hsc = {
      {"hsc-g", 4800, 0}, {"hsc-r", 6200, 0}, {"hsc-i", 7700, 0}, {"hsc-z", 8900, 0}};
  const auto other = blank_images(hsc, 20, 0.168);
  EXPECT_NE(image_refusal(other, image_settings(16)).find("'hsc-g'"), std::string::npos)
      << image_refusal(other, image_settings(16));
  const auto told = prepare_images(other, image_settings(16), 4, true);
  auto same = blank_images(kLegacy, 20, 0.262);
  same.flux = other.flux;
  EXPECT_TRUE(at::equal(told, prepare_images(same, image_settings(16), 4, false))) << "g, r and z are nearest";
  EXPECT_NE(image_refusal(blank_images(kLegacy, 20, 0.5), image_settings(16)).find("0.5 arcsec"), std::string::npos);
  EXPECT_NE(image_refusal(blank_images(kLegacy, 20, 0), image_settings(16)).find("unknown"), std::string::npos);
  EXPECT_EQ(image_refusal(blank_images(kLegacy, 20, 0.2623), image_settings(16)), "") << "rounded";
  EXPECT_NE(image_refusal(blank_images(kLegacy, 14, 0.262), image_settings(16)).find("14 x 14"), std::string::npos);
  EXPECT_EQ(prepare_images(blank_images(kLegacy, 14, 0.262), image_settings(16), 4, true).size(2), 12);
  auto counts = blank_images(kLegacy, 20, 0.262);
  counts.unit = "counts";
  EXPECT_THROW(prepare_images(counts, image_settings(16), 4, true), base::UserError) << "another unit is never right";
  EXPECT_THROW(prepare_images(modalities::ScalarBlock(), image_settings(16), 4, true), base::UserError);
  EXPECT_THROW(prepare_images(blank_images({{"des-g", 4800, 0}}, 20, 0.262), image_settings(16), 32, true),
               base::UserError);
}

TEST(ImageInput, BandsWithoutWavelengthGoByTheirLetter) {
  auto block = blank_images({{"x-z", 0, 0}, {"x-g", 0, 0}, {"x-r", 0, 0}}, 16, 0.262);
  const auto out = prepare_images(block, image_settings(16), 4, true);
  const auto all = at::from_blob(block.flux.data(), {2, 3, 16, 16}, at::kFloat);
  EXPECT_TRUE(at::allclose(out, legacy_rgb(all.index_select(1, at::tensor({1, 2, 0}, at::kLong)))));
}

TEST(ImageInput, PicturesAreShiftedScaledAndResized) {
  ImageInputSettings s;
  s.stretch = s.unit = "display";
  s.bands = {"red", "green", "blue"};
  s.wavelengths_angstrom = {};
  s.scales = {};
  s.pixel_scale_arcsec = 0;
  s.crop = 0;
  s.mean = {0.5, 0.25, 0};
  s.deviation = {0.5, 1, 2};
  auto block = blank_images({{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}}, 22, 0);
  block.unit = "display";
  std::fill(block.flux.begin(), block.flux.end(), 0.75f);
  const auto out = prepare_images(block, s, 4, false);
  ASSERT_EQ(out.sizes(), (std::vector<int64_t>{2, 3, 20, 20})) << "whole patches";
  EXPECT_NEAR(out[1][0][3][3].item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(out[1][1][3][3].item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(out[1][2][3][3].item<double>(), 0.375, 1e-6);
  s.resize = 32;
  EXPECT_EQ(prepare_images(block, s, 4, false).size(3), 32);
}

}  // namespace
}  // namespace asterism::models
