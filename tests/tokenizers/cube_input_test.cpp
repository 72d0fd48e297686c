#include "tokenizers/cube_input.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "example_cubes.h"
#include "tokenizers/rebin.h"

namespace asterism::tokenizers {
namespace {

CubeCodecSettings small_cubes() {
  CubeCodecSettings s;
  s.pixels = 64;
  s.strides = {4, 2};
  s.depths = {1, 1};
  s.widths = {16, 24};
  return s;
}

std::vector<double> small_edges() { return grid_edges(3700, 9700, 64, true); }

// Every spaxel as rebin() would lay it on the grid, whatever the patches.
TEST(CubeInput, SpaxelsAreWhatTheirSpectraWouldBe) {
  const auto block = test::cubes(2, 120, 5, 7);
  for (const int64_t patch : {1, 2, 3}) {
    auto settings = small_cubes();
    settings.patch = patch;
    const auto input = read_cubes(block, settings, small_edges());
    ASSERT_EQ(input.rows_M.size(0), 2);
    EXPECT_EQ(input.grid.rows(), (5 + patch - 1) / patch);
    const auto scale = spaxel_scales(input.norm_ids_MG, input.grid, settings);
    const auto cells = at::zeros({2 * input.grid.patches(), patch * patch, 64});
    const auto flux = cells.index_copy(0, input.cell_P, input.flux_PSL) * scale.unsqueeze(2);
    const auto ivar = cells.index_copy(0, input.cell_P, input.ivar_PSL) / scale.square().unsqueeze(2);
    const auto flux_frames = as_frames(flux, input.grid), ivar_frames = as_frames(ivar, input.grid);
    ASSERT_EQ(flux_frames.sizes(), at::IntArrayRef({2, 64, 5, 7}));
    std::vector<float> f(64), v(64);
    for (int64_t y = 0; y < 5; ++y)
      for (int64_t x = 0; x < 7; ++x) {
        const auto one = modalities::spectra_at(block, y, x);
        const size_t L = size_t(one.length);
        rebin({{one.wavelength_angstrom.data() + L, L},
               {one.flux.data() + L, L},
               {one.ivar.data() + L, L},
               {one.mask.data() + L, L}},
              small_edges(), f, v);
        for (int64_t l = 0; l < 64; ++l) {
          const auto k = size_t(l);
          EXPECT_NEAR(flux_frames[1][l][y][x].item<float>(), f[k], 1e-4 + 1e-4 * std::abs(f[k]));
          EXPECT_NEAR(ivar_frames[1][l][y][x].item<float>(), v[k], 1e-3 * v[k]);
        }
      }
  }
}

TEST(CubeInput, APatchWithoutDataHasNoScaleAndIsLeftOut) {
  auto block = test::cubes(1);
  for (int64_t k = 0; k < block.length; ++k)
    for (const int64_t p : {14, 15, 20, 21}) {  // the patch in the middle
      const auto at = size_t(k * 36 + p);
      block.flux[at] = 1e9f;
      block.ivar[at] = 0;
      block.mask[at] = 1;
    }
  const auto settings = small_cubes();
  const auto input = read_cubes(block, settings, small_edges());
  EXPECT_EQ(input.norm_ids_MG[0][4].item<int64_t>(), 0);
  EXPECT_EQ(input.norm_ids_MG.gt(0).sum().item<int64_t>(), input.cell_P.size(0));
  EXPECT_FALSE(input.cell_P.eq(4).any().item<bool>());
  EXPECT_EQ(input.first_P, (std::vector<int64_t>{0, input.cell_P.size(0)}));
  // its neighbours' scales know nothing of it
  EXPECT_LT(spaxel_scales(input.norm_ids_MG, input.grid, settings).max().item<float>(), 100);
}

TEST(CubeInput, TheScaleIsTheBrightnessOfAPatch) {
  auto block = test::cubes(1);
  const auto settings = small_cubes();
  const auto one = read_cubes(block, settings, small_edges());
  for (auto& f : block.flux) f *= 100;
  for (auto& v : block.ivar) v /= 100 * 100;
  const auto hundred = read_cubes(block, settings, small_edges());
  const auto seen = one.norm_ids_MG.gt(0);
  const auto ratio =
      (cube_scale(hundred.norm_ids_MG, settings) / cube_scale(one.norm_ids_MG, settings)).masked_select(seen);
  EXPECT_LT((ratio - 100).abs().max().item<double>(), 3);
  // what is left is the same to the rounding of the scales
  EXPECT_TRUE(at::allclose(hundred.flux_PSL, one.flux_PSL, 0.04, 1e-3));
}

// A smooth run of brightness stays smooth between the middles of patches.
TEST(CubeInput, ScalesChangeSmoothly) {
  CubeCodecSettings settings;
  const PatchGrid grid{2, 8, 2};
  const auto ids = at::tensor({400, 420, 440, 460}, at::kLong).view({1, 4});
  const auto frame = as_frames(spaxel_scales(ids, grid, settings).unsqueeze(2), grid).log10()[0][0][0];
  const auto steps = frame.narrow(0, 2, 5) - frame.narrow(0, 1, 5);
  EXPECT_LT((steps - steps[0]).abs().max().item<float>(), 1e-4);
  EXPECT_GT(steps[0].item<float>(), 0);
}

TEST(CubeInput, TheLineSpreadIsToldWhereItIsKnown) {
  auto block = test::cubes(2);
  for (int64_t k = 0; k < block.length; ++k) block.lsf_sigma_angstrom[size_t(block.length + k)] = 0;
  const auto input = read_cubes(block, small_cubes(), small_edges());
  EXPECT_GT(input.lsf_ML[0].min().item<float>(), 0);
  EXPECT_EQ(input.lsf_ML[1].abs().max().item<float>(), 0);
  EXPECT_NEAR(input.lsf_ML[0][10].item<float>(), std::log1p(5 / (small_edges()[11] - small_edges()[10])), 1e-4);
}

TEST(CubeInput, RefusesWavelengthsThatDoNotIncrease) {
  auto block = test::cubes(2);
  std::swap(block.wavelength_angstrom[130], block.wavelength_angstrom[131]);
  EXPECT_THROW(read_cubes(block, small_cubes(), small_edges()), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
