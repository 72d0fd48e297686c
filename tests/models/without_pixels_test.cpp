#include "models/without_pixels.h"

#include <gtest/gtest.h>

namespace asterism::models {
namespace {

TEST(WithoutPixels, HiddenPixelsAreMaskedAndTheOthersAsTheyWere) {
  modalities::SpectrumBlock spectra;
  spectra.n = 2;
  spectra.length = 5;
  spectra.present.assign(2, 1);
  for (int64_t at = 0; at < 10; ++at) {
    spectra.flux.push_back(float(at + 1));
    spectra.ivar.push_back(2);
    spectra.mask.push_back(at == 9 ? 4 : 0);
    spectra.wavelength_angstrom.push_back(float(4000 + at % 5));
  }
  const auto hidden = pixels_of_patches(at::tensor({0, 1, 0, 1, 0, 0}, at::kLong).view({2, 3}).to(at::kBool), 2, 5);
  ASSERT_EQ(hidden.sizes(), (at::IntArrayRef{2, 5}));
  const auto seen = without_pixels(spectra, hidden);
  for (int64_t at = 0; at < 10; ++at) {
    const bool is = at == 2 || at == 3 || at == 5 || at == 6;
    EXPECT_EQ(hidden.view({-1})[at].item<bool>(), is) << at;
    EXPECT_EQ(seen.flux[size_t(at)], is ? 0 : float(at + 1)) << at;
    EXPECT_EQ(seen.ivar[size_t(at)], is ? 0 : 2) << at;
    EXPECT_EQ(seen.mask[size_t(at)], is ? 1 : at == 9 ? 4 : 0) << at;
    EXPECT_EQ(seen.wavelength_angstrom[size_t(at)], spectra.wavelength_angstrom[size_t(at)]);
  }
}

}  // namespace
}  // namespace asterism::models
