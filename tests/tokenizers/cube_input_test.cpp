#include "tokenizers/cube_input.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "example_cubes.h"
#include "tokenizers/rebin.h"

namespace asterism::tokenizers {
namespace {

std::vector<double> small_edges() { return grid_edges(3700, 9700, 64, true); }

// Every spaxel as rebin() would lay it on the grid.
TEST(CubeInput, SpaxelsAreWhatTheirSpectraWouldBe) {
  const auto block = asterism::test::cubes(2, 120, 5, 7);
  CubeRow cube;
  ASSERT_TRUE(read_cube(block, 1, small_edges(), {}, "test", cube));
  ASSERT_EQ(cube.flux_SL.sizes(), at::IntArrayRef({35, 64}));
  EXPECT_DOUBLE_EQ(cube.scale, CubeNorm().scale(cube.norm_id));
  std::vector<float> f(64), v(64);
  for (int64_t s = 0; s < 35; ++s) {
    const auto one = modalities::spectra_at(block, s / 7, s % 7);
    const size_t L = size_t(one.length);
    rebin({{one.wavelength_angstrom.data() + L, L},
           {one.flux.data() + L, L},
           {one.ivar.data() + L, L},
           {one.mask.data() + L, L}},
          small_edges(), f, v);
    for (int64_t l = 0; l < 64; ++l) {
      const double flux = cube.flux_SL[s][l].item<double>() * cube.scale, expected = f[size_t(l)];
      EXPECT_NEAR(flux, expected, 1e-4 + 1e-4 * std::abs(expected));
      const double ivar = cube.ivar_SL[s][l].item<double>() / (cube.scale * cube.scale);
      EXPECT_NEAR(ivar, v[size_t(l)], 1e-3 * double(v[size_t(l)]));
    }
  }
}

TEST(CubeInput, TheScaleIsTheRootMeanSquareBesideTheNoise) {
  auto block = modalities::make_cubes(1, 200, 4, 4, "1e-17 erg/s/cm^2/Angstrom", 0.5);
  block.present[0] = 1;
  for (size_t k = 0; k < 200; ++k) block.wavelength_angstrom[k] = 4000 + 20 * float(k);
  for (const double level : {0.0, 7.0}) {
    base::Random random(1, 0, 0, "test.scale");
    for (size_t at = 0; at < block.flux.size(); ++at) {
      block.flux[at] = float(level + 0.5 * random.normal());
      block.ivar[at] = 4;
      block.mask[at] = 0;
    }
    CubeRow cube;
    ASSERT_TRUE(read_cube(block, 0, grid_edges(4000, 8000, 200, false), {}, "test", cube));
    if (level > 0)
      EXPECT_NEAR(cube.scale, level, 0.02 * level);
    else
      EXPECT_LT(cube.scale, 0.2);  // noise alone, of 3,200 values
  }
}

TEST(CubeInput, NothingGoodOnTheGridIsNoCube) {
  auto block = asterism::test::cubes(2);
  for (size_t k = 0; k < size_t(block.length); ++k) block.wavelength_angstrom[k] += 50000;
  CubeRow cube;
  EXPECT_FALSE(read_cube(block, 0, small_edges(), {}, "test", cube));
  EXPECT_TRUE(read_cube(block, 1, small_edges(), {}, "test", cube));
}

TEST(CubeInput, RefusesWavelengthsThatDoNotIncrease) {
  auto block = asterism::test::cubes(2);
  std::swap(block.wavelength_angstrom[5], block.wavelength_angstrom[6]);
  CubeRow cube;
  EXPECT_THROW(read_cube(block, 0, small_edges(), {}, "test", cube), base::UserError);
}

// A value whose inverse variance is a mistake counts for much, not for all.
TEST(CubeInput, AWeightBeyondAllOthersIsBounded) {
  auto block = asterism::test::cubes(1, 120, 6, 6);
  const size_t at = 36 * 60 + 14;
  CubeRow cube;
  block.mask[at] = 0;
  block.ivar[at] = 1e30f;
  ASSERT_TRUE(read_cube(block, 0, small_edges(), {}, "test", cube));
  const auto usual = cube.ivar_SL.masked_select(cube.ivar_SL > 0).median().item<double>();
  EXPECT_GT(cube.ivar_SL.max().item<double>(), 1e5 * usual);
  EXPECT_LT(cube.ivar_SL.max().item<double>(), 1e7 * usual);
}

}  // namespace
}  // namespace asterism::tokenizers
