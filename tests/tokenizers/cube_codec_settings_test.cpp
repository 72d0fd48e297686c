#include "tokenizers/cube_codec_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "config/settings.h"

namespace asterism::tokenizers {
namespace {

std::string cube_settings_error(const CubeCodecSettings& settings) {
  try {
    check(settings);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "none";
}

TEST(CubeCodecSettings, ReadAndRefused) {
  CubeCodecSettings settings;
  EXPECT_EQ(cube_settings_error(settings), "none");
  EXPECT_EQ(settings.segments(), 8);
  auto fields = config::fields_of(settings);
  config::read_text(fields, "pixels = 128\npatch = 4\nstrides = [4, 8]\n", "test");
  EXPECT_EQ(settings.segments(), 4);
  EXPECT_EQ(settings.patch, 4);
  EXPECT_THAT(cube_settings_error(settings), testing::HasSubstr("strides"));  // of two, and three widths
  EXPECT_THROW(config::read_text(fields, "patch = 0\n", "test"), base::UserError);
  EXPECT_THROW(config::read_text(fields, "patches = 2\n", "test"), base::UserError);
  settings = {};
  settings.pixels = 780;
  EXPECT_THAT(cube_settings_error(settings), testing::HasSubstr("nearest is 800"));
  settings = {};
  settings.norm_high = settings.norm_low;
  EXPECT_THAT(cube_settings_error(settings), testing::HasSubstr("norm_high"));
  settings = {};
  settings.wavelength_low = 20000;
  EXPECT_THAT(cube_settings_error(settings), testing::HasSubstr("wavelength_low"));
}

}  // namespace
}  // namespace asterism::tokenizers
