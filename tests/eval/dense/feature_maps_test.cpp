#include "eval/dense/feature_maps.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "../../models/tiny_backbones.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "io/fits.h"
#include "io/image_file.h"
#include "nn/optim.h"

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
    auto& images = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
    for (size_t plane = 0; plane < 18; ++plane)  // the corner of every image is not observed
      for (size_t k = 0; k < 16; ++k) {
        const size_t at = plane * 256 + k / 4 * 16 + k % 4;
        images.mask[at] = 1;
        images.flux[at] = images.ivar[at] = 0;
      }
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

TEST_F(FeatureMaps, WhereItComputesIsChosenBeforeAnythingIsMade) {
  options_.device = "abacus";
  EXPECT_THROW(feature_maps(options_), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(options_.out));
  options_.device = "cpu";
  EXPECT_EQ(feature_maps(options_).objects, 5);
}

TEST_F(FeatureMaps, AnyInstrumentIsRefusedWhereAModelTakesAnyByItself) {
  options_.any_instrument = true;
  EXPECT_EQ(feature_maps(options_).objects, 5);
  options_.out = folder_ / "others";
  options_.model = folder_ / "dino";
  models::Dino(models::tiny::dino_model()).save(options_.model);
  EXPECT_THROW(feature_maps(options_), base::UserError);
}

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

// A model of views after two steps.
void save_views(const std::filesystem::path& folder) {
  models::Dino model(models::tiny::dino_model());
  const auto batch = models::tiny::sky(4);
  nn::AdamW optimiser(model.parameters(), {});
  for (int64_t step = 0; step < 2; ++step) {
    model.parameters().zero_grad();
    model.loss(batch, {1, step, true}, 0.5).loss.backward();
    optimiser.step(1e-3);
    model.after_update(0.5);
  }
  model.save(folder);
}

TEST_F(FeatureMaps, OfAModelOfViewsWithAttentionAndTheFeaturesThemselves) {
  save_views(folder_ / "views");
  options_.model = folder_ / "views";
  options_.stride = 0;
  options_.raw = true;
  const auto result = feature_maps(options_);
  EXPECT_EQ(result.modality, "image_legacy");
  EXPECT_EQ(result.objects, 5);
  EXPECT_EQ(result.rows, 4);
  EXPECT_EQ(result.width, 16);
  EXPECT_EQ(result.heads, 2);
  for (const auto& file : files(".fits")) {
    const auto fits = io::FitsFile::open(file);
    const auto features = fits.hdu("FEATURES").image<float>();
    EXPECT_EQ(features.shape, (std::vector<int64_t>{16, 4, 4}));
    for (size_t i = 0; i < features.values.size(); ++i)
      EXPECT_EQ(std::isnan(features.values[i]), i % 16 == 0) << "the corner has no token: " << i;
    EXPECT_TRUE(std::isnan(fits.hdu("OBJECT").image<float>().values[0]));
    const auto attention = fits.hdu("ATTENTION").image<float>();
    EXPECT_EQ(attention.shape, (std::vector<int64_t>{2, 4, 4}));
    EXPECT_EQ(attention.values[0], 0);
    double sum = 0;
    for (size_t k = 0; k < 16; ++k) sum += attention.values[k];
    EXPECT_GT(sum, 0.5);
    EXPECT_LT(sum, 1) << "the rest is of CLS itself";
    EXPECT_NEAR(*fits.hdu("ATTENTION").number("CRVAL2"), -20, 1e-9);
    EXPECT_EQ(*fits.hdu("FEATURES").integer("LAYER"), 1);
  }
  std::stringstream page;
  page << std::ifstream(options_.out / "index.html").rdbuf();
  EXPECT_NE(page.str().find("what CLS looks at"), std::string::npos);
}

TEST_F(FeatureMaps, ALayerIsChosenAndOverlappingPatchesAreFiner) {
  save_views(folder_ / "views");
  options_.model = folder_ / "views";
  options_.raw = true;
  feature_maps(options_);
  auto other = options_;
  other.layer = 0;
  other.out = folder_ / "layer";
  EXPECT_EQ(feature_maps(other).rows, 6);
  const auto name = files(".fits")[0].filename();
  const auto last = io::FitsFile::open(options_.out / name), first = io::FitsFile::open(other.out / name);
  EXPECT_EQ(*first.hdu("FEATURES").integer("LAYER"), 0);
  const size_t cell = 7;  // (1, 1): half of it is observed
  EXPECT_GT(
      std::abs(first.hdu("FEATURES").image<float>().values[cell] - last.hdu("FEATURES").image<float>().values[cell]),
      1e-4);
  EXPECT_NE(first.hdu("ATTENTION").image<float>().values, last.hdu("ATTENTION").image<float>().values);
  other.layer = 2;
  other.out = folder_ / "beyond";
  EXPECT_THROW(feature_maps(other), base::UserError);
}

TEST_F(FeatureMaps, OfEveryOtherEncoderOfImages) {
  models::MaskedImage(models::tiny::masked_image_model()).save(folder_ / "masked");
  models::Contrastive common(models::tiny::contrastive_model());
  common.fit(models::tiny::sky(8));
  common.save(folder_ / "common");
  for (const char* name : {"masked", "common"}) {
    auto options = options_;
    options.model = folder_ / name;
    options.out = folder_ / (std::string(name) + "_maps");
    const auto result = feature_maps(options);
    EXPECT_EQ(result.objects, 5) << name;
    EXPECT_EQ(result.heads, 0) << name;
    std::stringstream page;
    page << std::ifstream(options.out / "index.html").rdbuf();
    EXPECT_EQ(page.str().find("looks at"), std::string::npos) << name;
    for (const auto& entry : std::filesystem::directory_iterator(options.out))
      if (entry.path().extension() == ".fits") {
        EXPECT_ANY_THROW(io::FitsFile::open(entry.path()).hdu("ATTENTION")) << name;
      }
  }
}

std::string refusal_of(const FeatureMapOptions& options) {
  try {
    feature_maps(options);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

TEST_F(FeatureMaps, ModelsWithoutPatchesAreRefusedByName) {
  auto settings = models::tiny::astroclip_model();
  settings.encoders = {"spectrum"};
  models::AstroClip(settings).save(folder_ / "spectra");
  options_.model = folder_ / "spectra";
  auto why = refusal_of(options_);
  EXPECT_NE(why.find("'astroclip'"), std::string::npos) << why;
  EXPECT_NE(why.find("'spectrum_desi' (asterism embed)"), std::string::npos) << why;
  EXPECT_EQ(why.find("asterism predict"), std::string::npos) << why;
  const auto sample = models::tiny::sky(8);
  models::AnyToAny any(models::tiny::sky_model(), models::tiny::codecs(sample));
  any.fit(sample);
  any.save(folder_ / "any");
  options_.model = folder_ / "any";
  why = refusal_of(options_);
  EXPECT_NE(why.find("'any_to_any'"), std::string::npos) << why;
  EXPECT_NE(why.find("asterism predict"), std::string::npos) << why;
  options_.model = folder_ / "model";
  options_.modality = "image_legacx";
  why = refusal_of(options_);
  EXPECT_NE(why.find("the nearest that it does is 'image_legacy'"), std::string::npos) << why;
  EXPECT_FALSE(std::filesystem::exists(options_.out));
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

// Of the same width, and yet other numbers: the colours would mean nothing.
TEST_F(FeatureMaps, ComponentsOfOtherFeaturesAreRefused) {
  auto settings = models::tiny::dino_model();
  for (const char* name : {"dino", "other"}) {
    models::Dino(settings).save(folder_ / name);
    ++settings.seed;
  }
  auto options = options_;
  options.model = folder_ / "dino";
  feature_maps(options);
  options.components_from = options.out / "components.safetensors";
  options.out = folder_ / "again";
  options.layer = 0;
  const auto why = refusal_of(options);
  EXPECT_NE(why.find("fitted on features of block 1 of the model"), std::string::npos) << why;
  options.layer = 1;  // the last, as is taken without saying
  EXPECT_EQ(feature_maps(options).objects, 5);
  options.model = folder_ / "other";
  options.out = folder_ / "third";
  EXPECT_NE(refusal_of(options).find("--components-from"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(options.out));
}

TEST_F(FeatureMaps, WhatCannotBeIsRefused) {
  auto options = options_;
  options.components = 2;
  EXPECT_THROW(feature_maps(options), base::UserError);
  options = options_;
  options.stride = 3;
  EXPECT_THROW(feature_maps(options), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(options_.out)) << "nothing is left behind";
  options = options_;
  options.layer = 1;
  EXPECT_THROW(feature_maps(options), base::UserError) << "the model has one block";
}

}  // namespace
}  // namespace asterism::eval
