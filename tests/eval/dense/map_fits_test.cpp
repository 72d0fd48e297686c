#include "eval/dense/map_fits.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/temporary_folder.h"
#include "io/fits.h"

namespace asterism::eval {
namespace {

MapImages map_images() {
  MapImages out;
  out.components_Khw = at::arange(18, at::kFloat).view({3, 2, 3});
  out.object_hw = at::ones({2, 3}, at::kBool);
  out.is_token_hw = at::ones({2, 3}, at::kBool);
  out.is_token_hw[1][0].fill_(false);
  return out;
}

MapFrame map_frame() {
  MapFrame out;
  out.geometry.centre_x = 5.5;
  out.geometry.centre_y = 3.5;
  out.geometry.pixel_scale_arcsec = 0.5;
  out.patch = 4;
  out.first = 1.5;
  out.spacing = 2;
  out.layer = 3;
  return out;
}

TEST(MapFits, ImagesWithTheirPlaceOnTheSky) {
  const base::TemporaryFolder folder;
  auto images = map_images();
  images.attention_Hrc = at::rand({2, 2, 3});
  images.features_Dhw = at::rand({5, 2, 3});
  const modalities::ObjectKey object{"s", "one", true, 150, 2};
  write_map_fits(folder / "map.fits", object, map_frame(), images);
  const auto fits = io::FitsFile::open(folder / "map.fits");
  const auto components = fits.hdu("COMPONENTS").image<float>();
  EXPECT_EQ(components.shape, (std::vector<int64_t>{3, 2, 3}));
  EXPECT_EQ(components.values[7], 7);
  EXPECT_TRUE(std::isnan(components.values[3])) << "no token";
  EXPECT_TRUE(std::isnan(components.values[6 + 3]));
  EXPECT_TRUE(std::isnan(fits.hdu("OBJECT").image<float>().values[3]));
  EXPECT_EQ(fits.hdu("FEATURES").shape(), (std::vector<int64_t>{5, 2, 3}));
  const auto features = fits.hdu("FEATURES").image<float>();
  EXPECT_EQ(features.values[6 + 1], images.features_Dhw[1][0][1].item<float>());
  EXPECT_TRUE(std::isnan(features.values[6 + 3]));
  const auto attention = fits.hdu("ATTENTION").image<float>();
  EXPECT_EQ(attention.shape, (std::vector<int64_t>{2, 2, 3}));
  EXPECT_EQ(attention.values[11], images.attention_Hrc[1][1][2].item<float>());
  const auto fine = fits.hdu("FEATURES"), whole = fits.hdu("ATTENTION");
  EXPECT_EQ(*fine.integer("LAYER"), 3);
  EXPECT_NEAR(*fine.number("CRPIX1"), (5.5 - 1.5) / 2 + 1, 1e-12);
  EXPECT_NEAR(*fine.number("CRPIX2"), (3.5 - 1.5) / 2 + 1, 1e-12);
  EXPECT_NEAR(*fine.number("CD2_2") * 3600, 1, 1e-12);
  EXPECT_NEAR(*whole.number("CRPIX1"), (5.5 - 1.5) / 4 + 1, 1e-12);
  EXPECT_NEAR(*whole.number("CD1_1") * 3600, -2, 1e-12);
  EXPECT_NEAR(*whole.number("CRVAL1"), 150, 1e-12);
}

TEST(MapFits, PicturesRunDownwardsAndUnknownPlacesHaveNoWcs) {
  const base::TemporaryFolder folder;
  auto frame = map_frame();
  frame.upwards = false;
  write_map_fits(folder / "down.fits", {"s", "one", true, 150, 2}, frame, map_images());
  const auto down = io::FitsFile::open(folder / "down.fits");
  EXPECT_NEAR(*down.hdu("OBJECT").number("CD2_2") * 3600, -1, 1e-12);
  EXPECT_NEAR(*down.hdu("OBJECT").number("CD1_1") * 3600, -1, 1e-12);
  EXPECT_ANY_THROW(down.hdu("ATTENTION"));
  EXPECT_ANY_THROW(down.hdu("FEATURES"));
  write_map_fits(folder / "nowhere.fits", {"s", "one", false, 0, 0}, frame, map_images());
  EXPECT_FALSE(io::FitsFile::open(folder / "nowhere.fits").hdu("COMPONENTS").number("CRVAL1"));
  frame.geometry.pixel_scale_arcsec = 0;
  write_map_fits(folder / "unscaled.fits", {"s", "one", true, 150, 2}, frame, map_images());
  EXPECT_FALSE(io::FitsFile::open(folder / "unscaled.fits").hdu("COMPONENTS").number("CRVAL1"));
}

}  // namespace
}  // namespace asterism::eval
