#include "modalities/image_symmetry.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace asterism::modalities {
namespace {

// Two bands of height x width numbered pixels; ivar is twice and the mask a parity of the number, to see them move too.
ImageBlock numbered(int64_t n, int64_t height, int64_t width) {
  auto images = make_images(n, {{"g", 4800, 1400}, {"r", 6400, 1400}}, height, width, "nanomaggy", 0.262, true);
  for (size_t p = 0; p < images.flux.size(); ++p) {
    images.flux[p] = float(p % size_t(2 * height * width));
    images.mask[p] = p % 2;
    images.ivar[p] = images.mask[p] ? 0 : 2 * images.flux[p] + 1;
  }
  std::fill(images.present.begin(), images.present.end(), uint8_t{1});
  return images;
}

TEST(ImageSymmetry, EightDifferentSymmetriesThatKeepEveryPixelTogether) {
  std::set<std::vector<float>> seen;
  for (int symmetry = 0; symmetry < 8; ++symmetry) {
    auto images = numbered(2, 3, 3);
    turn(images, 1, symmetry);
    for (size_t p = 0; p < images.flux.size(); ++p)
      EXPECT_EQ(images.ivar[p], images.mask[p] ? 0 : 2 * images.flux[p] + 1);
    EXPECT_EQ(images.flux[4], 4);  // image 0 is not touched
    EXPECT_EQ(std::vector<float>(images.flux.begin() + 9, images.flux.begin() + 18),
              std::vector<float>({9, 10, 11, 12, 13, 14, 15, 16, 17}));
    EXPECT_EQ(images.flux[22], 4);  // the centre stays
    seen.insert({images.flux.begin() + 18, images.flux.end()});
  }
  EXPECT_EQ(seen.size(), 8u);
}

TEST(ImageSymmetry, MirrorsAndSwaps) {
  auto images = numbered(1, 2, 2);
  turn(images, 0, 1);
  EXPECT_EQ(std::vector<float>(images.flux.begin(), images.flux.begin() + 4), std::vector<float>({1, 0, 3, 2}));
  turn(images, 0, 1);
  turn(images, 0, 2);
  EXPECT_EQ(std::vector<float>(images.flux.begin(), images.flux.begin() + 4), std::vector<float>({2, 3, 0, 1}));
  turn(images, 0, 2);
  turn(images, 0, 4);
  EXPECT_EQ(std::vector<float>(images.flux.begin(), images.flux.begin() + 4), std::vector<float>({0, 2, 1, 3}));
  auto oblong = numbered(1, 2, 3);
  EXPECT_THROW(turn(oblong, 0, 4), base::CheckError);
}

}  // namespace
}  // namespace asterism::modalities
