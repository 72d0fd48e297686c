#include "data/picture.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "modalities/image.h"
#include "tests/data/sample_blocks.h"

namespace asterism::data {
namespace {

modalities::ImageBlock flat(std::vector<modalities::Band> bands, const std::string& unit, float value) {
  auto block = modalities::make_images(1, std::move(bands), 3, 2, unit, 0.25, false);
  block.present[0] = 1;
  block.flux.assign(block.flux.size(), value);
  block.mask.assign(block.mask.size(), 0);
  return block;
}

TEST(Picture, ColoursOfADisplayImageAreItsOwn) {
  auto block = flat({{"red"}, {"green"}, {"blue"}}, "display", 0.5f);
  block.flux[0] = 2;  // beyond what can be shown
  const auto picture = picture_of(block, 0);
  EXPECT_EQ(picture.channels, 3);
  EXPECT_EQ(picture.height, 3);
  EXPECT_EQ(picture.width, 2);
  EXPECT_EQ(picture.at(0, 0, 0), 255);
  EXPECT_EQ(picture.at(0, 0, 1), 128);
}

TEST(Picture, StampsOfAnAlertStandSideBySide) {
  const auto picture = picture_of(flat({{"g science"}, {"g template"}, {"g difference"}}, "counts", 1), 0);
  EXPECT_EQ(picture.channels, 1);
  EXPECT_EQ(picture.width, 6);
  EXPECT_EQ(picture_of(flat({{"g"}, {"r"}}, "nanomaggy", 1), 0).width, 2);
  EXPECT_EQ(picture_of(flat({{"g"}}, "nanomaggy", 1), 0).channels, 1);
}

TEST(Picture, CubesAndMapsAreSeenAndSpectraAreNot) {
  const auto cubes = sample_cubes(2, 1);
  EXPECT_EQ(picture_of_block(cubes, 0).height, cubes.height);
  const auto maps = sample_maps(2, 1);
  EXPECT_EQ(picture_of_block(maps, 0).width, maps.width);
  EXPECT_THROW(picture_of_block(sample_spectra(1, 1), 0), base::CheckError);
}

}  // namespace
}  // namespace asterism::data
