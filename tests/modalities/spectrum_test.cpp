#include "modalities/spectrum.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::modalities {
namespace {

SpectrumBlock good_spectrum(int64_t length = 5) {
  SpectrumBlock b = make_spectra(2, length, "1e-17 erg/s/cm^2/Angstrom");
  b.present[0] = 1;
  for (int64_t i = 0; i + 1 < length; ++i) {  // the last pixel is padding
    b.wavelength_angstrom[size_t(i)] = 4000 + float(i);
    b.flux[size_t(i)] = 1;
    b.ivar[size_t(i)] = 2;
    b.mask[size_t(i)] = 0;
  }
  return b;
}

bool refused(const SpectrumBlock& b) {
  try {
    check("spectrum_desi", b);
  } catch (const base::DataError&) {
    return true;
  }
  return false;
}

TEST(Spectrum, EveryPromiseIsChecked) {
  EXPECT_FALSE(refused(good_spectrum()));
  SpectrumBlock b = good_spectrum();
  b.wavelength_angstrom[2] = 4001;
  EXPECT_TRUE(refused(b));
  b = good_spectrum();
  b.wavelength_angstrom[1] = 0;  // padding in the middle
  EXPECT_TRUE(refused(b));
  b = good_spectrum();
  b.mask[1] = 1;
  EXPECT_TRUE(refused(b));
  b = good_spectrum();
  b.flux[4] = 3;
  EXPECT_TRUE(refused(b));
  b = good_spectrum();
  b.ivar[0] = INFINITY;
  EXPECT_TRUE(refused(b));
  b = good_spectrum();
  b.lsf_sigma_angstrom[0] = -1;
  EXPECT_TRUE(refused(b));
  b = good_spectrum();
  b.ivar.resize(3);
  EXPECT_TRUE(refused(b));
}

TEST(Spectrum, JoiningPadsToTheLongest) {
  const SpectrumBlock a = good_spectrum(5), b = good_spectrum(8);
  const SpectrumBlock c = concatenate(std::vector<const SpectrumBlock*>{&a, &b});
  check("joined", c);
  EXPECT_EQ(c.n, 4);
  EXPECT_EQ(c.length, 8);
  EXPECT_EQ(c.wavelength_angstrom[3], 4003);
  EXPECT_EQ(c.wavelength_angstrom[5], 0);
  EXPECT_EQ(c.mask[5], 1);
  EXPECT_EQ(c.flux[16 + 6], 1);
  SpectrumBlock counts = good_spectrum();
  counts.unit = "counts";
  EXPECT_THROW(concatenate(std::vector<const SpectrumBlock*>{&a, &counts}), base::DataError);
}

}  // namespace
}  // namespace asterism::modalities
