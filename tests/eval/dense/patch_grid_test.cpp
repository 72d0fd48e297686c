#include "eval/dense/patch_grid.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "modalities/image.h"
#include "models/vision_patches.h"
#include "models/wrap.h"

namespace asterism::eval {
namespace {

struct Tiny {
  Tiny() : model(nn::Scope(parameters, 5), settings()), patches(model, input, false, nullptr, at::kCPU) {
    input.stretch = input.unit = "display";
    input.bands = {"red", "green", "blue"};
    input.pixel_scale_arcsec = 0;
    input.crop = 0;
  }
  static models::VisionTransformerSettings settings() {
    models::VisionTransformerSettings s;
    s.image_size = 16;
    s.patch = 4;
    s.width = 8;
    s.depth = 2;
    s.heads = 2;
    s.hidden = 16;
    s.registers = 2;
    s.layer_scale_start = 0.5;
    return s;
  }
  nn::Parameters parameters;
  models::VisionTransformer model;
  models::ImageInputSettings input;
  models::VisionPatches patches;
};

modalities::ImageBlock noise_pictures(int64_t n, int64_t height, int64_t width) {
  auto out =
      modalities::make_images(n, {{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}}, height, width, "display", 0, false);
  const auto noise = at::rand({n * 3 * height * width}, at::detail::createCPUGenerator(3), at::kFloat);
  std::copy_n(noise.const_data_ptr<float>(), noise.numel(), out.flux.begin());
  std::fill(out.present.begin(), out.present.end(), uint8_t{1});
  std::fill(out.mask.begin(), out.mask.end(), uint8_t{0});
  std::fill(out.ivar.begin(), out.ivar.end(), 1.0f);
  return out;
}

at::Tensor pixels(const modalities::ImageBlock& images) {
  return models::wrap(images.flux, {images.n, 3, images.height, images.width});
}

TEST(PatchGrid, WithoutAStrideCellsArePatches) {
  const at::NoGradGuard no_grad;
  const Tiny tiny;
  const auto images = noise_pictures(10, 16, 12);
  const auto grid = patch_grid(tiny.patches, images);
  ASSERT_EQ(grid.features_NhwD.sizes(), (std::vector<int64_t>{10, 4, 3, 8}));
  EXPECT_TRUE(at::allclose(grid.features_NhwD.flatten(1, 2), tiny.model(pixels(images)).patches_BPD, 1e-4, 1e-5));
  EXPECT_TRUE(grid.is_token_Nhw.all().item<bool>());
  EXPECT_TRUE(at::allclose(grid.attention_NHrc.flatten(2),
                           tiny.model.attention(pixels(images), 1, 1).squeeze(2).narrow(2, 3, 12), 1e-4, 1e-6));
  EXPECT_EQ(grid.patch, 4);
  EXPECT_EQ(grid.spacing, 4);
  EXPECT_EQ(grid.first, 1.5);
}

TEST(PatchGrid, ASmallerStrideInterleavesShiftedImages) {
  const at::NoGradGuard no_grad;
  const Tiny tiny;
  const auto images = noise_pictures(9, 16, 16);
  const auto grid = patch_grid(tiny.patches, images, {2, 0, false});
  ASSERT_EQ(grid.features_NhwD.sizes(), (std::vector<int64_t>{9, 6, 6, 8}));
  // cell (3, 4): row 1 shifted by 2, column 2 not shifted
  const auto shifted = pixels(images).narrow(2, 2, 12).narrow(3, 0, 12);
  const auto tokens = tiny.model.layers(shifted, {0}, true)[0].narrow(1, 3, 9).view({9, 3, 3, 8});
  EXPECT_TRUE(at::allclose(grid.features_NhwD.select(1, 3).select(1, 4), tokens.select(1, 1).select(1, 2), 1e-4, 1e-5));
  EXPECT_EQ(grid.is_token_Nhw.sizes(), (std::vector<int64_t>{9, 6, 6}));
  EXPECT_EQ(grid.spacing, 2);
  // attention is that of the whole image, in the same block
  EXPECT_TRUE(at::allclose(grid.attention_NHrc.flatten(2),
                           tiny.model.attention(pixels(images), 0, 1).squeeze(2).narrow(2, 3, 16), 1e-4, 1e-6));
}

TEST(PatchGrid, CellsTakeTheAttentionOfTheirPatch) {
  PatchGrid grid;
  grid.features_NhwD = at::zeros({1, 6, 4, 2});
  grid.patch = 4;
  grid.spacing = 2;
  grid.first = 1.5;
  grid.attention_NHrc = at::arange(16, at::kFloat).view({1, 1, 4, 4}).expand({1, 3, 4, 4});
  const auto cells = attention_of_cells(grid);
  ASSERT_EQ(cells.sizes(), (std::vector<int64_t>{1, 6, 4}));
  const std::vector<float> column{0, 4, 4, 8, 8, 12};  // centres 0, 1/2, 1, 3/2, 2, 5/2 patches further
  for (int64_t k = 0; k < 6; ++k) EXPECT_EQ(cells[0][k][0].item<float>(), column[size_t(k)]) << k;
  EXPECT_EQ(cells[0][0][3].item<float>(), 2);
}

TEST(PatchGrid, WhatCannotBeIsRefused) {
  const Tiny tiny;
  EXPECT_THROW(patch_grid(tiny.patches, noise_pictures(1, 16, 16), {3, -1, false}), base::UserError);
  EXPECT_THROW(patch_grid(tiny.patches, noise_pictures(1, 16, 16), {8, -1, false}), base::UserError);
  EXPECT_THROW(patch_grid(tiny.patches, noise_pictures(1, 4, 16), {2, -1, false}), base::UserError);
  EXPECT_NO_THROW(patch_grid(tiny.patches, noise_pictures(1, 4, 16), {0, -1, false}));
  EXPECT_THROW(patch_grid(tiny.patches, noise_pictures(1, 16, 16), {0, 2, false}), base::UserError);
}

}  // namespace
}  // namespace asterism::eval
