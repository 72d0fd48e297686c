#include "eval/drawn/row_pixels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/models/tiny_sky.h"

namespace asterism::eval {
namespace {

TEST(RowPixels, OfAnImageAreItsRowWithoutWhatIsMasked) {
  auto image = models::tiny::image(2);
  const size_t each = 3 * 16 * 16;
  for (size_t p = 0; p < 2 * each; ++p) image.flux[p] = float(p);
  image.mask[each + 5] = 1;
  image.ivar[each + 5] = 0;
  const auto row = row_pixels(image, 1);
  ASSERT_EQ(row.flux.size(), each);
  EXPECT_EQ(row.flux[4], float(each + 4));
  EXPECT_EQ(row.ivar[4], 100);
  EXPECT_TRUE(std::isnan(row.flux[5]));
  EXPECT_EQ(row.ivar[5], 0);
  EXPECT_TRUE(row.wavelength_angstrom.empty());
  EXPECT_TRUE(has_noise(image));
  image.has_ivar = false;
  EXPECT_FALSE(has_noise(image));
  EXPECT_FALSE(has_noise(models::tiny::scalar(2, true)));
}

TEST(RowPixels, SpectraComeOntoOtherWavelengths) {
  auto from = models::tiny::spectrum(1, 11), onto = models::tiny::spectrum(1, 5);
  for (size_t p = 0; p < 11; ++p) {
    from.wavelength_angstrom[p] = 4000 + 10 * float(p);
    from.flux[p] = float(p);
  }
  for (size_t p = 0; p < 5; ++p) onto.wavelength_angstrom[p] = 3985 + 30 * float(p);
  const auto flux = flux_onto(row_pixels(from, 0), row_pixels(onto, 0));
  ASSERT_EQ(flux.size(), 5u);
  EXPECT_TRUE(std::isnan(flux[0])) << "it does not reach there";
  EXPECT_NEAR(flux[1], 1.5, 1e-5);
  EXPECT_NEAR(flux[2], 4.5, 1e-5);
  EXPECT_NEAR(flux[3], 7.5, 1e-5);
  EXPECT_TRUE(std::isnan(flux[4]));
  EXPECT_EQ(flux_onto(row_pixels(from, 0), row_pixels(from, 0)), row_pixels(from, 0).flux);
}

TEST(RowPixels, ImagesOfAnotherSizeAreRefused) {
  auto small = models::tiny::image(1);
  small.bands.pop_back();
  const auto from = row_pixels(small, 0), onto = row_pixels(models::tiny::image(1), 0);
  try {
    flux_onto(from, onto);
    FAIL() << "an image of fewer bands was taken";
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("images of 512 pixels beside images of 768"));
  }
}

TEST(RowPixels, TheCentreIsADiscInEveryBand) {
  const auto centre = central_pixels(models::tiny::image(1));
  ASSERT_EQ(centre.size(), size_t(3 * 16 * 16));
  int64_t inside = 0;
  for (size_t p = 0; p < 256; ++p) inside += centre[p];
  EXPECT_EQ(inside, 12) << "within two pixels of the middle";
  EXPECT_EQ(centre[7 * 16 + 7], 1);
  EXPECT_EQ(centre[256 + 8 * 16 + 8], 1);
  EXPECT_EQ(centre[0], 0);
  EXPECT_TRUE(central_pixels(models::tiny::spectrum(1, 4)).empty());
}

}  // namespace
}  // namespace asterism::eval
