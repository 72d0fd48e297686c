#include "tokenizers/image_crop.h"

#include <gtest/gtest.h>

namespace asterism::tokenizers {
namespace {

TEST(ImageCrop, KeepsTheCentrePixelInTheCentre) {
  for (const int64_t from : {4, 5, 8, 9})
    for (const int64_t to : {3, 4, 6, 9, 12}) {
      auto image = at::zeros({1, from, from});
      image[0][from / 2][from / 2].fill_(1);
      const auto out = crop_or_pad(image, to, to);
      ASSERT_EQ(out.sizes(), at::IntArrayRef({1, to, to}));
      EXPECT_EQ(out[0][to / 2][to / 2].item<float>(), 1) << from << " -> " << to;
      EXPECT_EQ(out.sum().item<float>(), 1);
    }
}

TEST(ImageCrop, EachSideOnItsOwn) {
  const auto out = crop_or_pad(at::ones({2, 3, 4, 10}), 6, 6);
  EXPECT_EQ(out.sizes(), at::IntArrayRef({2, 3, 6, 6}));
  EXPECT_EQ(out.sum().item<float>(), 2 * 3 * 4 * 6);
}

TEST(ImageCrop, TheRightSizeIsLeftAlone) {
  const auto image = at::ones({1, 4, 4});
  EXPECT_TRUE(crop_or_pad(image, 4, 4).is_same(image));
}

}  // namespace
}  // namespace asterism::tokenizers
