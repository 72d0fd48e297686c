#include "report/stretch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/error.h"

namespace asterism::report {
namespace {

TEST(Stretch, LuptonKeepsColourWhereItSaturates) {
  std::vector<float> flux(3 * 4);
  for (size_t c = 0; c < 3; ++c) {
    flux[c * 4 + 2] = 2000.f * static_cast<float>(3 - c);  // very bright, red : green : blue = 3 : 2 : 1
    flux[c * 4 + 3] = -1;
  }
  flux[0] = std::nanf("");
  LuptonOptions options;
  options.stretch = 1;
  options.flip = false;
  const auto picture = lupton_rgb(flux, 2, 2, options);
  EXPECT_EQ(picture.at(1, 0, 0), 255);
  EXPECT_NEAR(picture.at(1, 0, 1), 170, 1);
  EXPECT_NEAR(picture.at(1, 0, 2), 85, 1);
  EXPECT_EQ(picture.at(0, 0, 0), picture.at(0, 0, 2));  // missing: grey
  EXPECT_EQ(picture.at(1, 1, 1), 0);
  options.flip = true;
  EXPECT_EQ(lupton_rgb(flux, 2, 2, options).at(0, 0, 0), 255);  // the top row is the last of the data
}

TEST(Stretch, BandsOfAnyNumber) {
  for (const int64_t bands : {1, 2, 3, 4, 5}) {
    const std::vector<float> flux(static_cast<size_t>(bands * 6), 1);
    const auto picture = bands_rgb(flux, bands, 2, 3);
    EXPECT_EQ(picture.width, 3);
    EXPECT_EQ(picture.channels, bands == 1 ? 1 : 3);
  }
  EXPECT_THROW(bands_rgb(std::vector<float>(5), 2, 1, 3), base::CheckError);
}

TEST(Stretch, GreyRisesWithFlux) {
  const std::vector<float> flux{0, 1, 2, 5, 10, std::nanf("")};
  const auto picture = grey_asinh(flux, 1, 6, {.low = 0, .high = 10});
  EXPECT_EQ(picture.values[0], 0);
  for (size_t i = 1; i < 5; ++i) EXPECT_GT(picture.values[i], picture.values[i - 1]);
  EXPECT_EQ(picture.values[4], 255);
  EXPECT_NO_THROW(grey_asinh(std::vector<float>(4, std::nanf("")), 2, 2));
  EXPECT_NO_THROW(grey_asinh(std::vector<float>(4, 3.f), 2, 2));
}

TEST(Stretch, OneGreyForSeveralPictures) {
  std::vector<float> flux(256);
  for (size_t i = 0; i < flux.size(); ++i) flux[i] = float(i % 7) + (i % 50 == 0 ? 40.0f : 0.0f);
  const auto options = grey_options_of(flux);
  EXPECT_EQ(grey_asinh(flux, 16, 16, options).values, grey_asinh(flux, 16, 16).values);
  std::vector<float> one(256, 0.0f);  // without noise of its own
  one[50] = flux[50];
  EXPECT_EQ(grey_asinh(one, 16, 16, options).at(12, 2, 0), grey_asinh(flux, 16, 16).at(12, 2, 0));
  one[60] = 3;
  EXPECT_EQ(grey_asinh(one, 16, 16, options).at(12, 12, 0), grey_asinh(flux, 16, 16, options).at(12, 11, 0));
}

TEST(Stretch, SigmaColoursDiverge) {
  const auto picture = sigma_colours(std::vector<float>{-9, 0, 9}, 1, 3);
  EXPECT_GT(picture.at(0, 0, 2), picture.at(0, 0, 0));
  EXPECT_EQ(picture.at(0, 1, 0), 255);
  EXPECT_EQ(picture.at(0, 1, 2), 255);
  EXPECT_GT(picture.at(0, 2, 0), picture.at(0, 2, 2));
}

TEST(Stretch, EnlargedKeepsPixelsSquare) {
  const io::Picture8 picture{1, 2, 1, {3, 7}};
  EXPECT_EQ(enlarged(picture, 2).values, (std::vector<uint8_t>{3, 3, 7, 7, 3, 3, 7, 7}));
}

TEST(Stretch, OneStretchForSeveralPictures) {
  std::vector<float> flux(2 * 16 * 16, 0.0f);
  for (size_t i = 0; i < flux.size(); ++i) flux[i] = float(i % 7) + (i % 50 == 0 ? 40.0f : 0.0f);
  LuptonOptions options;
  options.stretch = stretch_of(flux, 2, 16, 16);
  EXPECT_EQ(bands_rgb(flux, 2, 16, 16, options).values, bands_rgb(flux, 2, 16, 16).values);
  auto brighter = flux;
  for (auto& value : brighter) value *= 3;
  EXPECT_NE(bands_rgb(brighter, 2, 16, 16, options).values, bands_rgb(flux, 2, 16, 16).values);
  EXPECT_EQ(bands_rgb(brighter, 2, 16, 16).values, bands_rgb(flux, 2, 16, 16).values);  // each by itself: alike
}

}  // namespace
}  // namespace asterism::report
