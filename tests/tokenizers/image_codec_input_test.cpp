#include <gtest/gtest.h>

#include "example_blocks.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/noise_level.h"

namespace asterism::tokenizers {
namespace {

ImageCodec codec(const std::string& scale, int64_t norm_bins) {
  ImageCodecSettings s;
  s.size = 32;
  s.embed = 8;
  s.widths = {12, 16};
  s.scale = scale;
  s.norm_bins = norm_bins;
  ImageCodec out(s, 1);
  out.fit(modalities::Block(test::images(8)));
  return out;
}

TEST(ImageCodecInput, PixelsAreInUnitsOfTheNoise) {
  const modalities::Block block = test::images(3);
  for (const char* scale : {"band", "image"}) {
    const auto input = codec(scale, 0).prepare(block);
    EXPECT_EQ(input.flux_MCSS.sizes(), at::IntArrayRef({3, 3, 32, 32}));
    const auto good = input.ivar_MCSS > 0;
    EXPECT_NEAR(input.ivar_MCSS.masked_select(good).median().item<double>(), 1, 1e-2);
    EXPECT_NEAR(input.flux_MCSS[0][0][0][0].item<double>(), std::get<modalities::ImageBlock>(block).flux[0] / 0.01,
                0.02);
  }
}

// chi^2 of the same residual is the same, whatever the image is divided by.
TEST(ImageCodecInput, BrightnessDividesAndVariancesFollow) {
  const modalities::Block block = test::images(3);
  const auto plain = codec("band", 0).prepare(block), scaled = codec("band", 512).prepare(block);
  const auto signal = [](const ImageCodec::Input& of) { return (of.flux_MCSS.square() * of.ivar_MCSS).sum(); };
  EXPECT_NEAR(signal(scaled).item<double>(), signal(plain).item<double>(), 1e-3 * signal(plain).item<double>());
  EXPECT_LT(scaled.flux_MCSS.abs().max().item<double>(), plain.flux_MCSS.abs().max().item<double>());
  EXPECT_EQ(scaled.norm_ids_M.sizes(), at::IntArrayRef({3}));
  EXPECT_FALSE(plain.norm_ids_M.defined());
}

TEST(ImageCodecInput, TypicalPsfIsTheMedianOfThoseTold) {
  auto block = test::images(5);
  for (size_t i = 0; i < 5; ++i) block.psf_fwhm_arcsec[i * 3 + 1] = i == 0 ? 0 : float(i);
  EXPECT_EQ(typical_psf(block, 1), 3);
  for (size_t i = 0; i < 5; ++i) block.psf_fwhm_arcsec[i * 3 + 1] = 0;
  EXPECT_EQ(typical_psf(block, 1), 0);
}

}  // namespace
}  // namespace asterism::tokenizers
