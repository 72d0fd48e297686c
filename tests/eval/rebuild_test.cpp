#include "eval/rebuild.h"

#include <gtest/gtest.h>

#include "modalities/spectrum.h"
#include "tokenizers/scalar_bins.h"
#include "tokenizers/spectrum_codec.h"

namespace asterism::eval {
namespace {

modalities::SpectrumBlock spectra(bool one_grid) {
  auto out = modalities::make_spectra(3, 300, "1e-17 erg/s/cm^2/Angstrom");
  for (int64_t i = 0; i < 3; ++i) {
    out.present[size_t(i)] = 1;
    const int64_t length = one_grid ? 300 : 300 - 20 * i;
    for (int64_t p = 0; p < length; ++p) {
      const auto at = size_t(i * 300 + p);
      out.wavelength_angstrom[at] = float(4000 + 10 * p + (one_grid ? 0 : i));
      out.flux[at] = 2;
      out.ivar[at] = 25;
      out.mask[at] = 0;
    }
  }
  return out;
}

tokenizers::SpectrumCodec codec() {
  tokenizers::SpectrumCodecSettings settings;
  settings.wavelength_low = 4200;
  settings.wavelength_high = 6800;
  settings.pixels = 64;
  settings.strides = {4, 2};
  settings.depths = {1, 1};
  settings.widths = {8, 8};
  return tokenizers::SpectrumCodec(settings, 1);
}

TEST(Rebuild, ComesBackOnItsOwnPixels) {
  for (const bool one_grid : {true, false}) {
    const auto observed = spectra(one_grid);
    const auto block = rebuild(codec(), observed);
    const auto& back = std::get<modalities::SpectrumBlock>(block);
    ASSERT_EQ(back.length, observed.length);
    int64_t good = 0;
    for (size_t i = 0; i < back.flux.size(); ++i) {
      EXPECT_EQ(back.wavelength_angstrom[i], observed.wavelength_angstrom[i]);
      if (back.mask[i] == 0) {
        EXPECT_GE(observed.wavelength_angstrom[i], 4150);
        EXPECT_LE(observed.wavelength_angstrom[i], 6850);
        ++good;
      }
    }
    EXPECT_GT(good, 3 * 240);
  }
}

TEST(Rebuild, BitsOfTokens) { EXPECT_EQ(bits_of(tokenizers::ScalarBins({.bins = 256})), 8); }

}  // namespace
}  // namespace asterism::eval
