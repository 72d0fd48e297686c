#include "eval/dense/patch_grid.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::eval {
namespace {

struct Tiny {
  Tiny() : model(nn::Scope(parameters, 5), settings()) {}
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
};

at::Tensor noise(at::IntArrayRef shape) { return at::randn(shape, at::detail::createCPUGenerator(3), at::kFloat); }

TEST(PatchGrid, WithoutAStrideCellsArePatches) {
  const Tiny tiny;
  const auto images = noise({10, 3, 16, 12});
  const auto grid = patch_grid(tiny.model, images, 0);
  ASSERT_EQ(grid.features_NhwD.sizes(), (std::vector<int64_t>{10, 4, 3, 8}));
  EXPECT_TRUE(at::allclose(grid.features_NhwD.flatten(1, 2), tiny.model(images).patches_BPD, 1e-4, 1e-5));
  EXPECT_EQ(grid.spacing, 4);
  EXPECT_EQ(grid.first, 1.5);
}

TEST(PatchGrid, ASmallerStrideInterleavesShiftedImages) {
  const Tiny tiny;
  const auto images = noise({2, 3, 16, 16});
  const auto grid = patch_grid(tiny.model, images, 2, 0);
  ASSERT_EQ(grid.features_NhwD.sizes(), (std::vector<int64_t>{2, 6, 6, 8}));
  // cell (3, 4): row 1 shifted by 2, column 2 not shifted
  const auto shifted = images.narrow(2, 2, 12).narrow(3, 0, 12);
  const auto tokens = tiny.model.layers(shifted, {0}, true)[0].narrow(1, 3, 9).view({2, 3, 3, 8});
  EXPECT_TRUE(at::allclose(grid.features_NhwD.select(1, 3).select(1, 4), tokens.select(1, 1).select(1, 2), 1e-4, 1e-5));
  EXPECT_EQ(grid.spacing, 2);
}

TEST(PatchGrid, AttentionOfClsAndErrors) {
  const Tiny tiny;
  const auto images = noise({9, 3, 16, 16});
  const auto attention = cls_attention(tiny.model, images);
  ASSERT_EQ(attention.sizes(), (std::vector<int64_t>{9, 4, 4}));
  EXPECT_TRUE(at::allclose(attention.flatten(1), tiny.model.attention(images, 1, 1).mean(1).squeeze(1).narrow(1, 3, 16),
                           1e-4, 1e-6));
  EXPECT_LT(attention.sum({1, 2}).max().item<float>(), 1);
  EXPECT_THROW(patch_grid(tiny.model, images, 3), base::UserError);
  EXPECT_THROW(patch_grid(tiny.model, images.narrow(2, 0, 4), 2), base::UserError);
}

}  // namespace
}  // namespace asterism::eval
