#include "eval/calibrated.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "modalities/image.h"
#include "modalities/spectrum.h"

namespace asterism::eval {
namespace {

// Two bands of noise of 0.5 and 2 counts about a sky of 3, and a bright source in the middle.
modalities::ImageBlock counts() {
  auto out = modalities::make_images(2, {{"v", 5900, 2300}, {"i", 8100, 2500}}, 64, 64, "counts", 0.03, false);
  base::Random random(5, 0, 0, "counts");
  for (size_t at = 0; at < out.flux.size(); ++at) {
    const auto x = double(at % 64) - 32, y = double(at / 64 % 64) - 32;
    const bool second = at / 4096 % 2 == 1;
    out.flux[at] = float(3 + 500 * std::exp(-(x * x + y * y) / 20) + (second ? 2 : 0.5) * random.normal());
    out.mask[at] = at % 64 == 7;
    out.ivar[at] = out.mask[at] == 0 ? 1 : 0;
  }
  out.present = {1, 1};
  return out;
}

TEST(Calibrated, CountsBecomeNanomaggiesWithTheNoiseOfTheBorder) {
  const auto before = counts();
  const auto block =
      calibrated(before, {.zero_point = {{"v", 22.5}, {"i", 25}}, .psf_arcsec = {{"v", 0.1}}, .counts_as = ""});
  const auto& after = std::get<modalities::ImageBlock>(block);
  EXPECT_NO_THROW(modalities::check("after", after));
  EXPECT_EQ(after.unit, "nanomaggy");
  EXPECT_TRUE(after.has_ivar);
  EXPECT_FLOAT_EQ(after.flux[100], before.flux[100]);
  EXPECT_FLOAT_EQ(after.flux[4196], 0.1F * before.flux[4196]);
  EXPECT_EQ(after.ivar[7], 0);
  EXPECT_NEAR(1 / std::sqrt(after.ivar[0]), 0.5, 0.05);
  EXPECT_NEAR(1 / std::sqrt(after.ivar[4096]), 0.2, 0.02);
  EXPECT_FLOAT_EQ(after.psf_fwhm_arcsec[0], 0.1F);
  EXPECT_EQ(after.psf_fwhm_arcsec[1], 0);
}

TEST(Calibrated, WithoutAVarianceTheNoiseIsThatOfTheBorderInAnyUnit) {
  modalities::Block block = counts();
  std::get<modalities::ImageBlock>(block).unit = "uJy";
  add_border_noise(block);
  const auto& after = std::get<modalities::ImageBlock>(block);
  EXPECT_TRUE(after.has_ivar);
  EXPECT_NEAR(1 / std::sqrt(after.ivar[0]), 0.5, 0.05);
  EXPECT_NEAR(1 / std::sqrt(after.ivar[4096]), 2, 0.2);
  EXPECT_EQ(after.ivar[7], 0) << "masked";
  EXPECT_NO_THROW(modalities::check("after", block));
  auto told = counts();
  told.has_ivar = true;
  auto picture = counts();
  picture.unit = "display";
  for (modalities::Block same : {modalities::Block(told), modalities::Block(picture)}) {
    add_border_noise(same);
    EXPECT_EQ(std::get<modalities::ImageBlock>(same).ivar[0], 1);
  }
}

TEST(Calibrated, VariancesOfTheFilesStayAndPsfsGiveWay) {
  auto known = counts();
  known.has_ivar = true;
  known.psf_fwhm_arcsec[0] = 0.2F;
  known.psf_fwhm_arcsec[1] = 0.3F;
  const auto block =
      calibrated(known, {.zero_point = {{"v", 25}, {"i", 25}}, .psf_arcsec = {{"v", 0.1}}, .counts_as = ""});
  const auto& after = std::get<modalities::ImageBlock>(block);
  EXPECT_FLOAT_EQ(after.ivar[0], 100);
  EXPECT_FLOAT_EQ(after.psf_fwhm_arcsec[0], 0.1F);
  EXPECT_FLOAT_EQ(after.psf_fwhm_arcsec[1], 0.3F);  // a band that nobody spoke of
  EXPECT_FLOAT_EQ(after.psf_fwhm_arcsec[2], 0.1F);
}

TEST(Calibrated, AnEmptyBorderIsNoMeasurement) {
  auto dark = counts();
  for (size_t at = 0; at < 4096; ++at) dark.flux[at] = 0;
  const auto block = calibrated(dark, {.zero_point = {{"v", 25}, {"i", 25}}, .psf_arcsec = {}, .counts_as = ""});
  const auto& after = std::get<modalities::ImageBlock>(block);
  EXPECT_EQ(after.mask[0], 1);
  EXPECT_EQ(after.mask[4096], 0);
}

TEST(Calibrated, CountsOfASpectrumUnderAnotherUnit) {
  auto spectra = modalities::make_spectra(1, 4, "counts");
  spectra.flux[2] = 300;
  const auto block =
      calibrated(spectra, {.zero_point = {}, .psf_arcsec = {}, .counts_as = "1e-17 erg/s/cm^2/Angstrom"});
  EXPECT_EQ(std::get<modalities::SpectrumBlock>(block).unit, "1e-17 erg/s/cm^2/Angstrom");
  EXPECT_EQ(std::get<modalities::SpectrumBlock>(block).flux[2], 300);
  EXPECT_EQ(std::get<modalities::SpectrumBlock>(calibrated(spectra, {})).unit, "counts");
}

TEST(Calibrated, RefusesWhatDoesNotFit) {
  const auto images = counts();
  EXPECT_THROW(calibrated(images, {.zero_point = {{"v", 25}}, .psf_arcsec = {}, .counts_as = ""}), base::UserError);
  EXPECT_THROW(calibrated(images, {.zero_point = {{"v", 25}, {"i", 25}, {"z", 25}}, .psf_arcsec = {}, .counts_as = ""}),
               base::UserError);
  EXPECT_THROW(calibrated(images, {.zero_point = {}, .psf_arcsec = {{"z", 1}}, .counts_as = ""}), base::UserError);
  auto fluxes = images;
  fluxes.unit = "nanomaggy";
  EXPECT_THROW(calibrated(fluxes, {.zero_point = {{"v", 25}, {"i", 25}}, .psf_arcsec = {}, .counts_as = ""}),
               base::UserError);
  EXPECT_THROW(
      calibrated(modalities::make_spectra(1, 4, "Jy"), {.zero_point = {}, .psf_arcsec = {}, .counts_as = "Jy"}),
      base::UserError);
}

}  // namespace
}  // namespace asterism::eval
