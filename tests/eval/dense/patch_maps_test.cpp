#include "eval/dense/patch_maps.h"

#include <gtest/gtest.h>

#include "../../models/tiny_backbones.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "eval/dense/window_pictures.h"

namespace asterism::eval {
namespace {

class PatchMapsOfASky : public testing::Test {
 protected:
  PatchMapsOfASky() {
    auto batch = models::tiny::sky(20);
    models::tiny::remove(batch, "image_legacy", 1);
    data::HatsWriter writer(folder_ / "sky", {.name = "sky"}, {});
    writer.add(batch);
    writer.finish();
  }
  base::TemporaryFolder folder_;
  models::Dino model_{models::tiny::dino_model()};
};

TEST_F(PatchMapsOfASky, HoldEveryImageThatThereIs) {
  const auto reader = data::HatsReader::open(folder_ / "sky");
  const auto encoder = model_.patch_encoder("image_legacy");
  const auto maps = patch_maps(*encoder, reader, "image_legacy", 100, {});
  EXPECT_EQ(maps.objects.size(), 19U) << "over several batches, without the one that is absent";
  EXPECT_EQ(maps.grid.features_NhwD.sizes(), (std::vector<int64_t>{19, 4, 4, 16}));
  EXPECT_EQ(maps.grid.attention_NHrc.sizes(), (std::vector<int64_t>{19, 2, 4, 4}));
  EXPECT_EQ(maps.pictures_NHW3.sizes(), (std::vector<int64_t>{19, 16, 16, 3}));
  EXPECT_TRUE(maps.upwards);
  EXPECT_DOUBLE_EQ(maps.geometry.pixel_scale_arcsec, 0.262);
  // each row is its object's
  const auto sky = models::tiny::sky(20);
  for (const size_t row : {size_t(0), size_t(18)}) {
    const int64_t number = std::stoll(maps.objects[row].id);
    const auto alone = modalities::select(sky, {number});
    const auto& images = std::get<modalities::ImageBlock>(alone.blocks.at("image_legacy"));
    EXPECT_TRUE(
        at::allclose(maps.grid.features_NhwD[int64_t(row)], patch_grid(*encoder, images).features_NhwD[0], 1e-4, 1e-5));
    EXPECT_TRUE(at::equal(maps.pictures_NHW3[int64_t(row)], window_pictures(images, encoder->geometry(images))[0]));
  }
}

TEST_F(PatchMapsOfASky, StopAtTheNumberAskedForAndRefuseWhatIsNoImage) {
  const auto reader = data::HatsReader::open(folder_ / "sky");
  const auto encoder = model_.patch_encoder("image_legacy");
  EXPECT_EQ(patch_maps(*encoder, reader, "image_legacy", 3, {2, 0, false}).grid.features_NhwD.sizes(),
            (std::vector<int64_t>{3, 6, 6, 16}));
  EXPECT_THROW(patch_maps(*encoder, reader, "redshift", 3, {}), base::UserError);
  EXPECT_THROW(patch_maps(*encoder, reader, "image_legacy", 3, {3, -1, false}), base::UserError);
}

}  // namespace
}  // namespace asterism::eval
