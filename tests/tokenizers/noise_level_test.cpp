#include "tokenizers/noise_level.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "example_blocks.h"

namespace asterism::tokenizers {
namespace {

TEST(NoiseLevel, IsThatOfTheVariances) {
  const auto b = test::images(6);
  EXPECT_NEAR(noise_level(b, 0), 0.01, 1e-4);
  EXPECT_NEAR(noise_level(b, 2), 0.03, 1e-4);
}

TEST(NoiseLevel, WithoutVariancesItComesFromTheJitter) {
  auto b = test::images(6);
  b.has_ivar = false;
  for (size_t i = 0; i < b.ivar.size(); ++i) b.ivar[i] = b.mask[i] ? 0 : 1;
  EXPECT_NEAR(noise_level(b, 2), 0.03, 0.01);
}

TEST(NoiseLevel, TheSkyOfEachImageIsWherePhotonsDoNotCount) {
  auto ivar = at::full({2, 1, 40, 40}, 25.0);
  ivar.narrow(2, 0, 12).fill_(1.0);  // a bright object on less than a third
  ivar[1][0].fill_(0);
  const auto sky = sky_noise(ivar);
  EXPECT_NEAR(sky[0][0].item<double>(), 0.2, 1e-6);
  EXPECT_EQ(sky[1][0].item<double>(), 0);
  ivar[1][0][39][38] = 4;  // a single good pixel
  EXPECT_NEAR(sky_noise(ivar)[1][0].item<double>(), 0.5, 1e-6);
}

TEST(NoiseLevel, NeedsPixels) {
  auto b = test::images(2);
  test::hide(b, 0);
  test::hide(b, 1);
  EXPECT_THROW(noise_level(b, 0), base::UserError);
  auto flat = test::images(1);
  flat.has_ivar = false;
  for (size_t i = 0; i < flat.flux.size(); ++i) flat.flux[i] = flat.ivar[i] = 1, flat.mask[i] = 0;
  EXPECT_THROW(noise_level(flat, 0), base::UserError);
}

TEST(NoiseLevel, NeedsAWidthOfThePsfForEveryBandAndImage) {
  auto b = test::images(2);
  EXPECT_NEAR(typical_psf(b, 1), 1.3, 1e-6);
  b.psf_fwhm_arcsec.clear();
  EXPECT_THROW(typical_psf(b, 1), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
