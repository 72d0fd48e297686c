#include "models/row_patches.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "modalities/image.h"
#include "tiny_backbones.h"

namespace asterism::models {
namespace {

modalities::ImageBlock rebuilt_images(int64_t n) {
  const auto sky = tiny::sky(n);
  return std::get<modalities::ImageBlock>(sky.blocks.at("image_legacy"));
}

TEST(RowPatches, AreTheTokensOfAMaskedImageModel) {
  const at::NoGradGuard no_grad;
  const MaskedImage model(tiny::masked_image_model());
  auto images = rebuilt_images(3);
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t k = 0; k < 16; ++k) {
      const auto at = size_t((c * 16 + k / 4) * 16 + k % 4);  // the first patch of image 0
      images.mask[at] = 1;
      images.flux[at] = images.ivar[at] = 0;
    }
  const auto encoder = model.patch_encoder("image_legacy");
  ASSERT_TRUE(encoder);
  EXPECT_EQ(encoder->patch(), 4);
  EXPECT_EQ(encoder->width(), 16);
  EXPECT_EQ(encoder->blocks(), 2);
  EXPECT_EQ(encoder->heads(), 0);
  EXPECT_EQ(encoder->looks(), "");
  const auto made = (*encoder)(images, {0, 0, 16, 16}, {-1, true, false});
  EXPECT_FALSE(made.attention_NHhw.defined());
  EXPECT_FALSE(made.is_token_Nhw[0][0][0].item<bool>());
  EXPECT_EQ(made.is_token_Nhw.sum().item<int64_t>(), 47);
  EXPECT_EQ(made.features_NhwD[0][0][0].abs().max().item<float>(), 0);
  const auto tokens = model.tokens(modalities::Block(images), {}).rows_RD;
  EXPECT_TRUE(at::allclose(made.features_NhwD.flatten(0, 2).narrow(0, 1, 47), tokens, 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose((*encoder)(images, {0, 0, 16, 16}, {0, false, false}).features_NhwD, made.features_NhwD,
                            1e-2, 1e-3));
  EXPECT_THROW((*encoder)(images, {0, 0, 16, 16}, {2, false, false}), base::UserError);
}

TEST(RowPatches, OfPartsAndOfImagesWithoutAToken) {
  const MaskedImage model(tiny::masked_image_model());
  const auto encoder = model.patch_encoder("image_legacy");
  auto images = rebuilt_images(2);
  const auto part = (*encoder)(images, {1, 2, 12, 8}, {});
  EXPECT_EQ(part.features_NhwD.sizes(), (std::vector<int64_t>{2, 3, 2, 16}));
  const auto cut = modalities::cut_images(images, 1, 2, 12, 8);
  EXPECT_TRUE(at::equal(part.features_NhwD, (*encoder)(cut, {0, 0, 12, 8}, {}).features_NhwD));
  std::fill(images.mask.begin(), images.mask.end(), uint8_t{1});
  const auto nothing = (*encoder)(images, {0, 0, 16, 16}, {});
  EXPECT_FALSE(nothing.is_token_Nhw.any().item<bool>());
  EXPECT_EQ(nothing.features_NhwD.sizes(), (std::vector<int64_t>{2, 4, 4, 16}));
}

TEST(RowPatches, ATowerThatLearnedFromNothingHasThem) {
  Contrastive model(tiny::contrastive_model());
  model.fit(tiny::sky(8));
  const auto encoder = model.patch_encoder("image_legacy");
  ASSERT_TRUE(encoder);
  const auto made = (*encoder)(rebuilt_images(2), {0, 0, 16, 16}, {});
  EXPECT_EQ(made.features_NhwD.sizes(), (std::vector<int64_t>{2, 4, 4, 16}));
  EXPECT_TRUE(at::isfinite(made.features_NhwD).all().item<bool>());
  EXPECT_FALSE(at::allclose(made.features_NhwD[0], made.features_NhwD[1]));
  EXPECT_FALSE(model.patch_encoder("spectrum_desi"));
  EXPECT_FALSE(model.patch_encoder("flux_g"));
}

}  // namespace
}  // namespace asterism::models
