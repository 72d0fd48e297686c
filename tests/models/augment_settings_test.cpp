#include "models/augment_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "blob_images.h"

namespace asterism::models {
namespace {

using testing::HasSubstr;

std::string augment_refusal(const AugmentSettings& settings, const modalities::ImageBlock& images) {
  try {
    check_augment(settings, {&images});
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

TEST(AugmentSettings, WhatContradictsItselfIsRefused) {
  const auto images = tiny::blobs({.side = 8});
  AugmentSettings s;
  EXPECT_EQ(augment_refusal(s, images), "");
  s.local_scale_low = 0.9;
  EXPECT_THAT(augment_refusal(s, images), HasSubstr("local_scale_low"));
  s = {};
  s.blur_probability = {0.5};
  EXPECT_THAT(augment_refusal(s, images), HasSubstr("three numbers"));
  s = {};
  s.bands["des-g"].seeing_high = 2;
  EXPECT_THAT(augment_refusal(s, images), HasSubstr("des-g"));
  s.bands["des-g"].seeing_low = 1;
  EXPECT_EQ(augment_refusal(s, images), "");
  s.bands["des-r"].noise_low = s.bands["des-r"].noise_high = 1;
  EXPECT_THAT(augment_refusal(s, images), HasSubstr("no such band"));
}

TEST(AugmentSettings, WhatCouldChangeNothingIsRefused) {
  auto images = tiny::blobs({.side = 8});
  AugmentSettings s;
  s.blur_pixels = 1;
  EXPECT_THAT(augment_refusal(s, images), HasSubstr("blur_pixels"));
  s = {};
  s.noise_added = 1;
  EXPECT_THAT(augment_refusal(s, images), HasSubstr("noise_added"));
  for (auto& band : images.bands) band.wavelength_angstrom = 0;
  s = {};
  EXPECT_THAT(augment_refusal(s, images), HasSubstr("reddening"));
  s.reddening = 0;
  images.pixel_scale_arcsec = 0;
  EXPECT_THAT(augment_refusal(s, images), HasSubstr("seeing_factor"));
  s.seeing_factor = 1;
  images.has_ivar = false;
  EXPECT_THAT(augment_refusal(s, images), HasSubstr("noise_factor"));
  s.noise_factor = 1;
  s.noise_added = s.blur_pixels = 1;
  EXPECT_EQ(augment_refusal(s, images), "");
}

}  // namespace
}  // namespace asterism::models
