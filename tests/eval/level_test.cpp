#include "eval/level.h"

#include <gtest/gtest.h>

#include <cmath>

#include "modalities/image.h"
#include "modalities/light_curve.h"
#include "modalities/spectrum.h"

namespace asterism::eval {
namespace {

TEST(Level, OfALightCurveIsItsBrightestItsMedianAndItsLast) {
  auto curves = modalities::make_light_curves(3, 4, {{"r", 6200, 0}}, "mag", "MJD");
  modalities::set_points(curves, 0, {{1, 0, 19, 0.1F}, {2, 0, 17, 0.1F}, {3, 0, 20, 0.1F}, {4, 0, 12, 0, true, true}});
  modalities::set_points(curves, 1, {{1, 0, 12, 0, true, true}});
  const auto levels = levels_of(curves);
  ASSERT_EQ(levels.size(), 3u);
  EXPECT_EQ(levels[0][0], 17);
  EXPECT_EQ(levels[1][0], 19);
  EXPECT_EQ(levels[2][0], 20);
  for (const size_t i : {size_t{1}, size_t{2}}) EXPECT_TRUE(std::isnan(levels[0][i]) && std::isnan(levels[1][i]));
  auto fluxes = modalities::make_light_curves(1, 3, {{"r", 6200, 0}}, "nanomaggy", "MJD");
  modalities::set_points(fluxes, 0, {{1, 0, -8, 1}, {2, 0, 1, 1}, {3, 0, 2, 1}});  // fainter than the reference
  EXPECT_DOUBLE_EQ(levels_of(fluxes)[0][0], std::log(8.0));
  EXPECT_DOUBLE_EQ(levels_of(fluxes)[1][0], std::log(2.0));
  EXPECT_DOUBLE_EQ(levels_of(fluxes)[2][0], std::log(2.0));
}

TEST(Level, OfASpectrumIsItsMedianAndOfAnImageItsMiddle) {
  auto spectra = modalities::make_spectra(2, 3, "counts");
  spectra.present[0] = 1;
  for (size_t k = 0; k < 3; ++k) {
    spectra.flux[k] = float(k + 1);
    spectra.mask[k] = 0;
  }
  const auto spectrum = levels_of(spectra);
  ASSERT_EQ(spectrum.size(), 1u);
  EXPECT_DOUBLE_EQ(spectrum[0][0], std::log(2.0));
  EXPECT_TRUE(std::isnan(spectrum[0][1]));
  auto images = modalities::make_images(1, {{"a", 0, 0}, {"b", 0, 0}}, 16, 16, "counts", 1, false);
  images.present[0] = 1;
  for (size_t at = 0; at < images.flux.size(); ++at) {
    images.flux[at] = at < 256 ? 2 : -1;
    images.ivar[at] = 1;
    images.mask[at] = 0;
  }
  const auto image = levels_of(images);
  ASSERT_EQ(image.size(), 2u);
  EXPECT_NEAR(image[0][0] - image[1][0], std::log(2.0), 1e-12);  // whatever the sign
  EXPECT_TRUE(levels_of(modalities::Block(modalities::ScalarBlock{})).empty());
}

}  // namespace
}  // namespace asterism::eval
