#include "tokenizers/spectrum_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "example_blocks.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

SpectrumGridSettings small_grid() {
  SpectrumGridSettings s;
  s.wavelength_low = 3700;
  s.wavelength_high = 9700;
  s.pixels = 100;
  return s;
}

TEST(SpectrumGrid, SpectraAreSeenInUnitsOfTheirScale) {
  const SpectrumGrid grid(small_grid(), "test");
  auto block = test::spectra(4);
  const auto one = grid.prepare(block);
  EXPECT_EQ(one.flux_ML.sizes(), at::IntArrayRef({4, 100}));
  const auto middle = std::get<0>(one.flux_ML.median(1));
  EXPECT_LT((middle - 1).abs().max().item<double>(), 0.1);  // the noise is a fifth of the level
  for (auto& f : block.flux) f *= 100;
  for (auto& v : block.ivar) v /= 100 * 100;
  const auto hundred = grid.prepare(block);
  EXPECT_TRUE(at::allclose(hundred.flux_ML, one.flux_ML, 0.02, 0.02));
  EXPECT_LT((grid.scale_of(hundred.norm_ids_M) / grid.scale_of(one.norm_ids_M) - 100).abs().max().item<double>(), 2);
}

TEST(SpectrumGrid, DrawsOnAnyWavelengths) {
  const SpectrumGrid grid(small_grid(), "test");
  const Tokens tokens{at::full({2, 1}, 500, at::kLong), at::arange(2).eq(0)};
  DecodeRequest request;
  request.wavelength_angstrom = {3000, 4000, 9000, 12000};
  const auto straight = at::tensor(grid.wavelengths()).to(at::kFloat);  // a spectrum that says its wavelength
  const auto out = grid.drawn(tokens, request, [&](const at::Tensor& ids) {
    EXPECT_EQ(ids.size(0), 1);  // of those present
    return straight.unsqueeze(0);
  });
  const double scale = grid.scale_of(tokens.ids)[0].item<double>();
  EXPECT_NEAR(out.flux[1] / scale, 4000, 1);
  EXPECT_NEAR(out.flux[2] / scale, 9000, 2);
  EXPECT_EQ(std::vector<uint8_t>(out.mask.begin(), out.mask.end()), (std::vector<uint8_t>{1, 0, 0, 1, 1, 1, 1, 1}));
  EXPECT_NO_THROW(modalities::check("drawn", modalities::Block(out)));
}

TEST(SpectrumGrid, LineSpreadIsReadWhereItIsAskedFor) {
  const SpectrumGrid grid(small_grid(), "test");
  auto block = test::spectra(2);
  std::fill(block.lsf_sigma_angstrom.begin(), block.lsf_sigma_angstrom.begin() + block.length, 3.0f);
  std::fill(block.lsf_sigma_angstrom.begin() + block.length, block.lsf_sigma_angstrom.end(), 0.0f);
  EXPECT_FALSE(grid.prepare(block).lsf_ML.defined());
  const auto input = grid.prepare(block, true);
  ASSERT_EQ(input.lsf_ML.sizes(), input.flux_ML.sizes());
  const auto good = input.ivar_ML[0] > 0;
  EXPECT_EQ(input.lsf_ML[0].masked_select(good).min().item<float>(), 3);
  EXPECT_EQ(input.lsf_ML[0].max().item<float>(), 3);
  EXPECT_EQ(input.lsf_ML[1].max().item<float>(), 0) << "not known";
}

TEST(SpectrumGrid, RefusesWhatIsNone) {
  auto s = small_grid();
  s.wavelength_low = 9800;
  EXPECT_THAT([&] { SpectrumGrid(s, "reader"); }, ThrowsMessage<base::UserError>(HasSubstr("reader: wavelength_low")));
  s = small_grid();
  s.norm_high = -3;
  EXPECT_THAT([&] { SpectrumGrid(s, "reader"); }, ThrowsMessage<base::UserError>(HasSubstr("norm_low")));
  const SpectrumGrid grid(small_grid(), "reader");
  auto block = test::spectra(2);
  std::swap(block.wavelength_angstrom[3], block.wavelength_angstrom[4]);
  EXPECT_THAT([&] { grid.prepare(block); }, ThrowsMessage<base::UserError>(HasSubstr("object 0")));
}

}  // namespace
}  // namespace asterism::tokenizers
