#include "modalities/cube.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace asterism::modalities {
namespace {

// Two planes of 1 x 2 pixels; the second object is absent.
CubeBlock sample_cube() {
  CubeBlock block = make_cubes(2, 2, 1, 2, "1e-17 erg/s/cm^2/Angstrom", 0.5);
  block.present = {1, 0};
  block.wavelength_angstrom = {4000, 4001, 0, 0};
  block.flux = {1, 2, 3, 4, 0, 0, 0, 0};
  block.mask = {0, 0, 0, 1, 1, 1, 1, 1};
  block.ivar = {1, 1, 1, 0, 0, 0, 0, 0};
  return block;
}

TEST(Cube, KeepsItsPromises) {
  EXPECT_NO_THROW(check("c", sample_cube()));
  auto order = sample_cube();
  order.wavelength_angstrom[1] = 3999;
  EXPECT_THROW(check("c", order), base::DataError);
  auto padding = sample_cube();
  padding.wavelength_angstrom[1] = 0;  // the second plane still holds flux
  EXPECT_THROW(check("c", padding), base::DataError);
  auto nan = sample_cube();
  nan.flux[0] = std::nanf("");
  EXPECT_THROW(check("c", nan), base::DataError);
  auto negative = sample_cube();
  negative.ivar[0] = -1;
  EXPECT_THROW(check("c", negative), base::DataError);
  auto absent = sample_cube();
  absent.flux[4] = 1;
  EXPECT_THROW(check("c", absent), base::DataError);
  auto shorter = sample_cube();
  shorter.flux.pop_back();
  EXPECT_THROW(check("c", shorter), base::DataError);
}

TEST(Cube, SmallerOnesStandInTheMiddle) {
  const auto wide = centred(sample_cube(), 3, 4);
  EXPECT_NO_THROW(check("wide", wide));
  EXPECT_EQ(wide.flux[5], 1);   // plane 0, line 1, pixel 1
  EXPECT_EQ(wide.flux[18], 4);  // plane 1, line 1, pixel 2
  EXPECT_EQ(wide.mask[18], 1);
  EXPECT_EQ(std::count(wide.mask.begin(), wide.mask.end(), 0), 3);
  EXPECT_EQ(wide.present, sample_cube().present);
  EXPECT_EQ(wide.wavelength_angstrom, sample_cube().wavelength_angstrom);
}

TEST(Cube, ShorterOnesArePadded) {
  const auto block = sample_cube();
  CubeBlock longer = make_cubes(1, 3, 1, 2, block.unit, 0.5);
  longer.present = {1};
  longer.wavelength_angstrom = {4000, 4001, 4002};
  for (size_t i = 0; i < 6; ++i) longer.flux[i] = float(10 + i), longer.mask[i] = 0, longer.ivar[i] = 1;
  const auto joined = concatenate(std::vector<const CubeBlock*>{&block, &longer});
  EXPECT_NO_THROW(check("joined", joined));
  EXPECT_EQ(joined.length, 3);
  EXPECT_EQ(joined.flux[3], 4);
  EXPECT_EQ(joined.mask[4], 1);    // padding of the first
  EXPECT_EQ(joined.flux[12], 10);  // the third row
  longer.pixel_scale_arcsec = 0.2;
  EXPECT_THROW(concatenate(std::vector<const CubeBlock*>{&block, &longer}), base::DataError);
}

TEST(Cube, SpectraAndMeanImages) {
  const auto block = sample_cube();
  const SpectrumBlock spectra = spectra_at(block, 0, 1);
  EXPECT_EQ(spectra.flux, (base::AlignedVector<float>{2, 4, 0, 0}));
  EXPECT_EQ(spectra.mask, (base::AlignedVector<uint8_t>{0, 1, 1, 1}));
  EXPECT_EQ(spectra.present, block.present);
  const ImageBlock mean = collapsed(block);
  EXPECT_EQ(mean.flux, (base::AlignedVector<float>{2, 2, 0, 0}));  // (1 + 3) / 2; 2 alone, 4 is masked
  EXPECT_EQ(mean.mask, (base::AlignedVector<uint8_t>{0, 0, 1, 1}));
}

}  // namespace
}  // namespace asterism::modalities
