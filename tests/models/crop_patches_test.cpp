#include "models/crop_patches.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "modalities/image.h"
#include "models/wrap.h"
#include "tiny_backbones.h"

namespace asterism::models {
namespace {

modalities::ImageBlock crop_images(int64_t n) {
  const auto sky = tiny::sky(n);
  return std::get<modalities::ImageBlock>(sky.blocks.at("image_legacy"));
}

// Hides pixels of patch (row, column) of image 1 in all bands.
void hide_a_patch(modalities::ImageBlock& images, int64_t row, int64_t column) {
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t y = 4 * row; y < 4 * row + 4; ++y)
      for (int64_t x = 4 * column; x < 4 * column + 4; ++x) {
        const auto at = size_t(((3 + c) * images.height + y) * images.width + x);
        images.mask[at] = 1;
        images.flux[at] = images.ivar[at] = 0;
      }
}

struct Cropped {
  explicit Cropped(int64_t registers = 0, const std::string& input = "bands") {
    auto s = tiny::dino_model().encoder;
    s.registers = registers;
    s.input = input;
    encoder = CropEncoder(nn::Scope(parameters, 3), s);
  }
  nn::Parameters parameters;
  CropEncoder encoder;
};

constexpr PatchEncoder::Part kWhole{0, 0, 16, 16};

TEST(CropPatches, AreTheTokensOfAModelOfViews) {
  const Dino model(tiny::dino_model());
  auto batch = tiny::sky(3);
  const auto encoder = model.patch_encoder("image_legacy");
  ASSERT_TRUE(encoder);
  const auto& images = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  const auto patches = (*encoder)(images, kWhole, {});
  ASSERT_EQ(patches.features_NhwD.sizes(), (std::vector<int64_t>{3, 4, 4, 16}));
  EXPECT_TRUE(patches.is_token_Nhw.all().item<bool>());
  EXPECT_FALSE(patches.attention_NHhw.defined()) << "not asked for";
  const at::NoGradGuard no_grad;
  const auto tokens = model.token_rows(batch, {}).rows_RD.view({3, 17, 16}).narrow(1, 1, 16);
  EXPECT_TRUE(at::allclose(patches.features_NhwD.flatten(1, 2), tokens, 1e-4, 1e-5));
}

TEST(CropPatches, OfAnInnerBlockAreUnderTheLastNorm) {
  const at::NoGradGuard no_grad;
  const Cropped cropped(2);
  const auto images = crop_images(2);
  const modalities::Block block(images);
  const auto inner = cropped.encoder({cropped.encoder.look(block)}, {}, 0).rows_RD;
  const auto expected = cropped.encoder.normed(inner).view({2, 19, 16}).narrow(1, 3, 16);
  const auto made = CropPatches(cropped.encoder)(images, kWhole, {0, false, false}).features_NhwD;
  EXPECT_TRUE(at::allclose(made.flatten(1, 2), expected, 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(made, CropPatches(cropped.encoder)(images, kWhole, {}).features_NhwD, 1e-2, 1e-3));
}

TEST(CropPatches, APatchWithoutAGoodPixelIsNoToken) {
  const Cropped cropped;
  auto images = crop_images(2);
  hide_a_patch(images, 1, 2);
  const auto made = CropPatches(cropped.encoder)(images, kWhole, {-1, true, false});
  auto expected = at::ones({2, 4, 4}, at::kBool);
  expected[1][1][2].fill_(false);
  EXPECT_TRUE(at::equal(made.is_token_Nhw, expected));
  EXPECT_EQ(made.features_NhwD[1][1][2].abs().max().item<float>(), 0);
  EXPECT_EQ(made.attention_NHhw.select(0, 1).select(1, 1).select(1, 2).abs().max().item<float>(), 0);
  std::fill(images.mask.begin(), images.mask.end(), uint8_t{1});
  std::fill(images.ivar.begin(), images.ivar.end(), 0.0f);
  const auto nothing = CropPatches(cropped.encoder)(images, kWhole, {-1, true, false});
  EXPECT_FALSE(nothing.is_token_Nhw.any().item<bool>());
  EXPECT_EQ(nothing.features_NhwD.sizes(), (std::vector<int64_t>{2, 4, 4, 16}));
  EXPECT_EQ(nothing.attention_NHhw.sizes(), (std::vector<int64_t>{2, 2, 4, 4}));
}

TEST(CropPatches, AttentionIsThatOfCls) {
  const at::NoGradGuard no_grad;
  Cropped cropped(1);
  auto images = crop_images(3);
  hide_a_patch(images, 0, 0);
  const modalities::Block block(images);
  const auto rows = cropped.encoder.cls_attention({cropped.encoder.look(block)}, 1);
  ASSERT_EQ(rows.sizes(), (std::vector<int64_t>{18 + 17 + 18, 2}));
  const std::vector<std::pair<int64_t, int64_t>> groups = {{0, 18}, {18, 17}, {35, 18}};
  for (const auto& [first, count] : groups)
    EXPECT_TRUE(at::allclose(rows.narrow(0, first, count).sum(0), at::ones({2}), 1e-5, 1e-6));
  const CropPatches patches(cropped.encoder);
  const auto all = patches(images, kWhole, {-1, true, false}).attention_NHhw;
  EXPECT_TRUE(at::allclose(all[0].flatten(1), rows.narrow(0, 2, 16).t(), 1e-5, 1e-6)) << "behind CLS and a register";
  const auto alone = modalities::select(images, {1});
  EXPECT_TRUE(at::allclose(patches(alone, kWhole, {-1, true, false}).attention_NHhw[0], all[1], 1e-4, 1e-6));
  EXPECT_FALSE(at::allclose(patches(images, kWhole, {0, true, false}).attention_NHhw, all, 1e-3, 1e-4));
  // without queries every token counts alike, in this block alone
  cropped.parameters.parameters().at("blocks.1.attn.qkv.weight").detach().zero_();
  cropped.parameters.parameters().at("blocks.1.attn.qkv.bias").detach().zero_();
  const auto even = patches(images, kWhole, {1, true, false}).attention_NHhw;
  EXPECT_TRUE(at::allclose(even[0], at::full({2, 4, 4}, 1.0 / 18), 1e-5, 1e-7));
  EXPECT_NEAR(even[1][0][3][3].item<float>(), 1.0 / 17, 1e-6);
}

TEST(CropPatches, APartIsLookedAtAsAnImageOfItsOwn) {
  for (const char* input : {"bands", "picture"}) {
    const Cropped cropped(0, input);
    const CropPatches patches(cropped.encoder);
    const auto images = crop_images(2);
    const auto part = patches(images, {2, 3, 12, 12}, {});
    const auto cut = modalities::cut_images(images, 2, 3, 12, 12);
    EXPECT_TRUE(at::equal(part.features_NhwD, patches(cut, {0, 0, 12, 12}, {}).features_NhwD)) << input;
    EXPECT_EQ(part.features_NhwD.sizes(), (std::vector<int64_t>{2, 3, 3, 16})) << input;
  }
}

TEST(CropPatches, LargerImagesAreLookedAtInTheirMiddle) {
  for (const char* input : {"bands", "picture"}) {
    const Cropped cropped(0, input);
    const CropPatches patches(cropped.encoder);
    const auto small = crop_images(1);
    auto large = modalities::make_images(1, small.bands, 22, 20, small.unit, small.pixel_scale_arcsec, true);
    large.present[0] = 1;
    large.psf_fwhm_arcsec = small.psf_fwhm_arcsec;
    std::fill(large.mask.begin(), large.mask.end(), uint8_t{0});
    std::fill(large.ivar.begin(), large.ivar.end(), 100.0f);
    for (int64_t row = 0; row < 48; ++row)
      std::copy_n(small.flux.begin() + row * 16, 16, large.flux.begin() + (row / 16 * 22 + 3 + row % 16) * 20 + 2);
    const auto geometry = patches.geometry(large);
    EXPECT_EQ(geometry.top, 3) << input;
    EXPECT_EQ(geometry.left, 2) << input;
    EXPECT_EQ(geometry.out_height, 16) << input;
    EXPECT_DOUBLE_EQ(geometry.centre_x, 7.5) << input;
    EXPECT_DOUBLE_EQ(geometry.centre_y, 7.5) << input;
    EXPECT_TRUE(
        at::allclose(patches(large, kWhole, {}).features_NhwD, patches(small, kWhole, {}).features_NhwD, 1e-5, 1e-6))
        << input;
  }
}

TEST(CropPatches, WhatCannotBeIsRefused) {
  const Cropped bands, picture(0, "picture");
  const auto images = crop_images(1);
  EXPECT_THROW(CropPatches(bands.encoder)(images, kWhole, {2, false, false}), base::UserError);
  auto others = images;
  others.bands[2] = {"hsc-y", 9800, 900};
  EXPECT_THROW(CropPatches(picture.encoder)(others, kWhole, {}), base::UserError);
  EXPECT_NO_THROW(CropPatches(picture.encoder)(others, kWhole, {-1, false, true}));
  EXPECT_THROW(CropPatches(bands.encoder).geometry(modalities::cut_images(images, 0, 0, 3, 3)), base::UserError);
}

}  // namespace
}  // namespace asterism::models
