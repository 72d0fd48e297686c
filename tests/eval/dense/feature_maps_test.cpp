#include "eval/dense/feature_maps.h"

#include <gtest/gtest.h>

#include "../../models/tiny_astroclip.h"
#include "astro/wcs.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "io/fits.h"
#include "io/image_file.h"

namespace asterism::eval {
namespace {

class FeatureMaps : public testing::Test {
 protected:
  FeatureMaps() {
    auto batch = models::tiny::sky(6);
    for (auto& object : batch.objects) {
      object.has_position = true;
      object.ra_deg = 40 + 0.001 * double(&object - batch.objects.data());
      object.dec_deg = -20;
    }
    models::tiny::remove(batch, "image_legacy", 1);
    data::HatsWriter writer(folder_ / "sky", {.name = "sky"}, {});
    writer.add(batch);
    writer.finish();
    models::AstroClip(models::tiny::astroclip_model()).save(folder_ / "model");
    options_.model = folder_ / "model";
    options_.dataset = folder_ / "sky";
    options_.out = folder_ / "maps";
    options_.stride = 2;
  }
  std::vector<std::filesystem::path> files(const std::string& ending) const {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator(options_.out))
      if (entry.path().extension() == ending) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
  }
  base::TemporaryFolder folder_;
  FeatureMapOptions options_;
};

TEST_F(FeatureMaps, APictureAndACubeForEachImageWithItsPlaceOnTheSky) {
  const auto result = feature_maps(options_);
  EXPECT_EQ(result.objects, 5);
  EXPECT_EQ(result.rows, 6);
  EXPECT_GT(result.object_share, 0);
  EXPECT_LT(result.object_share, 1);
  ASSERT_EQ(files(".fits").size(), 5U);
  ASSERT_EQ(files(".png").size(), 5U);
  EXPECT_EQ(io::read_picture(files(".png")[0]).width, 384);
  const auto fits = io::FitsFile::open(files(".fits")[0]);
  EXPECT_EQ(fits.hdu("COMPONENTS").shape(), (std::vector<int64_t>{3, 6, 6}));
  const auto object = fits.hdu("OBJECT").image<float>();
  for (const float value : object.values) EXPECT_TRUE(value == 0 || value == 1);
  const auto hdu = fits.hdu("COMPONENTS");
  // 16 pixels of 0.262: the middle lies at pixel 7.5, cell (7.5 - 1.5) / 2 = 3, counted from 0
  EXPECT_NEAR(*hdu.number("CRPIX1"), 4.0, 1e-9);
  EXPECT_NEAR(*hdu.number("CD2_2") * 3600, 2 * 0.262, 1e-9);
  EXPECT_NEAR(*hdu.number("CD1_1") * 3600, -2 * 0.262, 1e-9);
  EXPECT_NEAR(*hdu.number("CRVAL2"), -20, 1e-9);
  EXPECT_TRUE(std::filesystem::exists(options_.out / "index.html"));
}

TEST_F(FeatureMaps, ComponentsOfAnEarlierCallGiveTheSameColours) {
  feature_maps(options_);
  auto again = options_;
  again.out = folder_ / "again";
  again.components_from = options_.out / "components.safetensors";
  again.objects = 2;
  EXPECT_EQ(feature_maps(again).objects, 2);
  const auto name = files(".png")[1].filename();
  EXPECT_EQ(io::read_picture(options_.out / name).values, io::read_picture(again.out / name).values);
}

TEST_F(FeatureMaps, WhatCannotBeIsRefused) {
  auto options = options_;
  options.components = 2;
  EXPECT_THROW(feature_maps(options), base::UserError);
  options = options_;
  options.stride = 3;
  EXPECT_THROW(feature_maps(options), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(options_.out)) << "nothing is left behind";
  auto settings = models::tiny::astroclip_model();
  settings.encoders = {"spectrum"};
  models::AstroClip(settings).save(folder_ / "spectra");
  options = options_;
  options.model = folder_ / "spectra";
  EXPECT_THROW(feature_maps(options), base::UserError);
}

}  // namespace
}  // namespace asterism::eval
