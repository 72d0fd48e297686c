#include "eval/shown/rebuilt_pictures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/eval/shown/shown_blocks.h"

namespace asterism::eval {
namespace {

const std::vector<modalities::Band> kTwo{{"g", 4800, 1000}, {"r", 6200, 1000}};

bool is_missing(const io::Picture8& picture, int64_t y, int64_t x) {
  for (int64_t c = 0; c < picture.channels; ++c)
    if (picture.at(y, x, c) != 40) return false;
  return true;
}

int64_t count_missing(const io::Picture8& picture) {
  int64_t count = 0;
  for (int64_t y = 0; y < picture.height; ++y)
    for (int64_t x = 0; x < picture.width; ++x) count += is_missing(picture, y, x) ? 1 : 0;
  return count;
}

TEST(RebuiltPictures, ResidualsAreInSigmaAndMaskedPixelsAreGrey) {
  auto observed = sloping_images(2, kTwo);
  auto rebuilt = fainter_by(observed, 0.4F);
  const size_t row = 128;                                // the second image
  observed.mask[row + 64] = 1;                           // r, first row, which is the lowest
  observed.ivar[row + 64] = 0;                           //
  rebuilt.mask[row + 63] = rebuilt.mask[row + 127] = 1;  // both bands, last pixel
  const auto g = residual_sigma(observed, rebuilt, 1, 0), r = residual_sigma(observed, rebuilt, 1, 1);
  EXPECT_NEAR(g[0], 2, 1e-4);
  EXPECT_NEAR(r[1], 2, 1e-4);
  EXPECT_TRUE(std::isnan(r[0]) && std::isnan(g[63]) && std::isnan(r[63]));
  const auto pictures = rebuilt_pictures(observed, rebuilt, 1);
  ASSERT_EQ(pictures.residual.size(), 2u);
  EXPECT_TRUE(is_missing(pictures.observed, 7, 0));
  EXPECT_FALSE(is_missing(pictures.observed, 0, 7));
  EXPECT_TRUE(is_missing(pictures.rebuilt, 0, 7));
  EXPECT_FALSE(is_missing(pictures.rebuilt, 7, 0));
  EXPECT_FALSE(is_missing(pictures.residual[0], 7, 0));
  EXPECT_TRUE(is_missing(pictures.residual[1], 7, 0));
  EXPECT_EQ(pictures.chi2[0].count, 63);
  EXPECT_EQ(pictures.chi2[1].count, 62);
  EXPECT_NEAR(pictures.chi2[1].per_value, 4, 1e-3);
  EXPECT_EQ(count_missing(rebuilt_pictures(observed, rebuilt, 0).observed), 0);
}

TEST(RebuiltPictures, ABandThatWasNotObservedIsLeftOutOfTheColours) {
  auto observed = sloping_images(1, {{"g", 4800, 1000}, {"r", 6200, 1000}, {"z", 9200, 1000}});
  const auto rebuilt = observed;
  std::fill_n(observed.mask.begin(), 64, uint8_t{1});
  std::fill_n(observed.ivar.begin(), 64, 0.0F);
  const auto pictures = rebuilt_pictures(observed, rebuilt, 0);
  EXPECT_EQ(count_missing(pictures.observed), 0);
  EXPECT_EQ(pictures.observed.values, pictures.rebuilt.values);
  EXPECT_EQ(count_missing(pictures.residual[0]), 64);
  EXPECT_EQ(pictures.chi2[0].count, 0);
  std::fill(observed.mask.begin(), observed.mask.end(), uint8_t{1});  // nothing at all
  EXPECT_EQ(count_missing(rebuilt_pictures(observed, rebuilt, 0).observed), 64);
}

// What came back without noise is drawn with the stretch of what was observed.
TEST(RebuiltPictures, OneStretchForBoth) {
  for (const size_t bands : {size_t{1}, size_t{2}}) {
    const auto observed = sloping_images(1, {kTwo.begin(), kTwo.begin() + int64_t(bands)});
    auto rebuilt = fainter_by(observed, 0);
    std::fill(rebuilt.flux.begin(), rebuilt.flux.end(), 0.5F);
    for (size_t band = 0; band < bands; ++band) rebuilt.flux[band * 64 + 9] = observed.flux[band * 64 + 9];
    const auto pictures = rebuilt_pictures(observed, rebuilt, 0);
    for (int64_t c = 0; c < pictures.observed.channels; ++c)
      EXPECT_EQ(pictures.rebuilt.at(6, 1, c), pictures.observed.at(6, 1, c)) << bands;
  }
}

TEST(RebuiltPictures, WithoutVarianceTheScatterIsTheUnit) {
  auto observed = sloping_images(1, {kTwo[0]});
  observed.has_ivar = false;
  std::fill(observed.ivar.begin(), observed.ivar.end(), 1.0F);
  auto rebuilt = observed;
  for (size_t i = 0; i < 64; ++i) rebuilt.flux[i] += i % 2 == 0 ? 0.5F : -0.5F;
  const auto sigma = residual_sigma(observed, rebuilt, 0, 0);
  EXPECT_NEAR(sigma[0], -1 / 1.4826, 1e-4);
  EXPECT_NEAR(sigma[1], 1 / 1.4826, 1e-4);
  EXPECT_EQ(residual_sigma(observed, observed, 0, 0)[5], 0);
}

TEST(RebuiltPictures, ColoursThatAreGivenStayAsTheyAre) {
  auto display = sloping_images(1, {{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}});
  display.unit = "display";
  std::fill(display.flux.begin(), display.flux.end(), 0.0F);
  display.flux[0] = 1;  // red in the first row, which is the top
  auto masked = display;
  masked.mask[9] = masked.mask[64 + 9] = masked.mask[128 + 9] = 1;
  const auto pictures = rebuilt_pictures(display, masked, 0);
  EXPECT_EQ(pictures.observed.at(0, 0, 0), 255);
  EXPECT_EQ(pictures.observed.at(0, 0, 2), 0);
  EXPECT_TRUE(is_missing(pictures.rebuilt, 1, 1));
  EXPECT_EQ(count_missing(pictures.rebuilt), 1);
  EXPECT_TRUE(is_missing(pictures.residual[0], 1, 1));
}

TEST(RebuiltPictures, OfTheStampsOfAnAlertTheFirst) {
  const auto alert = sloping_images(1, {{"science", 6200, 1000}, {"template", 6200, 1000}, {"difference", 6200, 1000}});
  const auto pictures = rebuilt_pictures(alert, alert, 0);
  EXPECT_EQ(pictures.observed.channels, 1);
  EXPECT_EQ(pictures.observed.width, 8);
  EXPECT_EQ(pictures.residual.size(), 3u);
}

TEST(RebuiltPictures, SizesMustAgree) {
  EXPECT_THROW(rebuilt_pictures(sloping_images(1, kTwo), sloping_images(1, {kTwo[0]}), 0), base::CheckError);
}

}  // namespace
}  // namespace asterism::eval
