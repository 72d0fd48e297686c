#include "similar/thumbnail.h"

#include <gtest/gtest.h>

#include "tests/similar/tiny_dataset.h"

namespace asterism::similar {
namespace {

TEST(Thumbnail, AnImageBecomesAPictureAndAnAbsentOneNone) {
  auto batch = ring();
  auto& image = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  const auto picture = thumbnail(batch.blocks.at("image_legacy"), 0);
  ASSERT_TRUE(picture.has_value());
  EXPECT_EQ(picture->height, 8);
  EXPECT_EQ(picture->channels, 3);
  EXPECT_LE(thumbnail(batch.blocks.at("image_legacy"), 0, 4)->height, 4);
  image.present[0] = 0;
  EXPECT_FALSE(thumbnail(batch.blocks.at("image_legacy"), 0).has_value());
  EXPECT_FALSE(thumbnail(batch.blocks.at("redshift"), 0).has_value());
}

TEST(Thumbnail, StampsOfAnAlertStandSideBySide) {
  auto stamps = modalities::make_images(1, {{"ztf-science", 0, 0}, {"ztf-reference", 0, 0}, {"ztf-difference", 0, 0}},
                                        9, 9, "counts", 1, false);
  stamps.present[0] = 1;
  std::fill(stamps.mask.begin(), stamps.mask.end(), uint8_t{0});
  std::fill(stamps.ivar.begin(), stamps.ivar.end(), 1.0F);
  for (size_t i = 0; i < stamps.flux.size(); ++i) stamps.flux[i] = float(i % 7) - 3;
  stamps.flux[40] = 500;  // in the middle of the first alone
  const auto picture = thumbnail(modalities::Block(stamps), 0, 96);
  ASSERT_TRUE(picture.has_value());
  EXPECT_EQ(picture->channels, 1);
  EXPECT_EQ(picture->width, 27);
  EXPECT_GT(picture->at(4, 4, 0), picture->at(4, 13, 0));
}

TEST(Thumbnail, ALineOfASpectrumStandsWhereItIs) {
  modalities::SpectrumBlock spectrum;
  spectrum.n = 1;
  spectrum.length = 960;
  spectrum.present = {1};
  spectrum.flux.assign(960, 1);
  spectrum.ivar.assign(960, 1);
  spectrum.mask.assign(960, 0);
  spectrum.lsf_sigma_angstrom.assign(960, 1);
  for (int i = 0; i < 960; ++i) spectrum.wavelength_angstrom.push_back(4000.0F + float(i));
  for (size_t i = 470; i < 490; ++i) spectrum.flux[i] = 10;  // in the middle
  const auto picture = thumbnail(modalities::Block(spectrum), 0, 96);
  ASSERT_TRUE(picture.has_value());
  const auto top_of = [&](int64_t x) {
    int64_t y = 0;
    while (y < 96 && picture->at(y, x, 0) != 240) ++y;
    return y;
  };
  EXPECT_LT(top_of(47), top_of(10) - 40);  // bright in the middle, near the floor elsewhere
  EXPECT_EQ(top_of(10), top_of(90));
}

}  // namespace
}  // namespace asterism::similar
