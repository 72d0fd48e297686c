#include "models/spectrum_input.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::models {
namespace {

// 2 spectra; pixel i at first + step i with flux i.
modalities::SpectrumBlock flat_spectra(int64_t length, double first, double step) {
  modalities::SpectrumBlock out;
  out.n = 2;
  out.length = length;
  out.unit = "1e-17 erg/s/cm^2/Angstrom";
  out.present = {1, 1};
  for (int64_t i = 0; i < 2 * length; ++i) {
    out.wavelength_angstrom.push_back(float(first + step * double(i % length)));
    out.flux.push_back(float(i % length));
  }
  out.ivar.assign(size_t(2 * length), 1);
  out.mask.assign(size_t(2 * length), 0);
  out.lsf_sigma_angstrom.assign(size_t(2 * length), 0);
  return out;
}

SpectrumInputSettings spectrum_settings() {
  SpectrumInputSettings s;
  s.pixels = 40;
  s.first_angstrom = 4000;
  s.step_angstrom = 2;
  return s;
}

TEST(SpectrumInput, FluxOnItsGridIsUntouched) {
  const auto block = flat_spectra(40, 4000, 2);
  const auto out = prepare_spectra(block, spectrum_settings(), false);
  ASSERT_EQ(out.sizes(), (std::vector<int64_t>{2, 40}));
  EXPECT_TRUE(at::equal(out[1], at::arange(40).to(at::kFloat)));
}

TEST(SpectrumInput, OtherGridsAreRefusedOrRebinned) {
  const auto shifted = flat_spectra(60, 3990, 2);
  EXPECT_THROW(prepare_spectra(shifted, spectrum_settings(), false), base::UserError);
  const auto out = prepare_spectra(shifted, spectrum_settings(), true);
  EXPECT_NEAR(out[0][7].item<double>(), 12, 1e-4) << "pixel 12 of the old grid is 7 of the new";
  auto part = flat_spectra(10, 4000, 2);
  EXPECT_EQ(prepare_spectra(part, spectrum_settings(), true)[0][20].item<float>(), 0) << "nothing there";
  auto any = spectrum_settings();
  any.pixels = 0;
  EXPECT_EQ(prepare_spectra(part, any, false).size(1), 10);
  part.present[0] = part.present[1] = 0;
  EXPECT_EQ(prepare_spectra(part, spectrum_settings(), false).abs().max().item<float>(), 0)
      << "absent rows have no grid";
}

TEST(SpectrumInput, MaskedPixelsAreTheMeanOfTheOthersWhereAsked) {
  auto block = flat_spectra(40, 4000, 2);
  for (size_t k = 10; k < 20; ++k) block.mask[k] = 1, block.flux[k] = 1e5F;
  block.ivar[30] = 0;
  for (size_t k = 40; k < 80; ++k) block.mask[k] = 1;
  auto settings = spectrum_settings();
  EXPECT_EQ(prepare_spectra(block, settings, false)[0][12].item<float>(), 1e5F) << "as published";
  settings.masked = "mean";
  for (const int64_t pixels : {int64_t{40}, int64_t{0}}) {
    settings.pixels = pixels;
    const auto out = prepare_spectra(block, settings, false);
    const double mean = (780.0 - 145 - 30) / 29;
    for (const int64_t k : {10, 19, 30}) EXPECT_NEAR(out[0][k].item<double>(), mean, 1e-5);
    EXPECT_EQ(out[0][9].item<float>(), 9);
    EXPECT_EQ(out[1].abs().max().item<float>(), 0) << "nothing is known";
  }
  settings.pixels = 40;
  const auto part = flat_spectra(10, 4000, 2);
  EXPECT_NEAR(prepare_spectra(part, settings, true)[0][20].item<double>(), 4.5, 0.5) << "where nothing was observed";
}

TEST(SpectrumInput, OtherUnitsAndKindsAreRefused) {
  auto block = flat_spectra(40, 4000, 2);
  block.unit = "counts";
  EXPECT_THROW(prepare_spectra(block, spectrum_settings(), true), base::UserError);
  EXPECT_THROW(prepare_spectra(modalities::ScalarBlock(), spectrum_settings(), true), base::UserError);
}

}  // namespace
}  // namespace asterism::models
