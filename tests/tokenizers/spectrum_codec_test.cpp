#include "tokenizers/spectrum_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "base/error.h"
#include "example_blocks.h"
#include "nn/autocast.h"
#include "train_a_little.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;

SpectrumCodecSettings tiny_spectrum_codec() {
  SpectrumCodecSettings s;
  s.wavelength_low = 3700;
  s.wavelength_high = 9700;
  s.pixels = 256;
  s.strides = {4, 2};
  s.depths = {1, 1};
  s.widths = {16, 32};
  return s;
}

TEST(SpectrumCodec, LearnsEightSpectra) {
  for (const char* quantiser : {"fsq", "lfq"}) {
    auto settings = tiny_spectrum_codec();
    settings.quantiser = quantiser;
    settings.widths = {24, 48};
    SpectrumCodec codec(settings, 3);
    const modalities::Block block = test::spectra(8);
    const auto figures = test::train_a_little(codec, block, 150, 4e-3);
    // the noise of the spectra itself cannot be drawn by 32 codes: chi^2 of 1 is perfect, less is noise learned by
    // heart
    EXPECT_GT(figures.at("first chi2_per_pixel"), 5) << quantiser;
    EXPECT_LT(figures.at("last chi2_per_pixel"), quantiser == std::string("fsq") ? 1.6 : 2.5) << quantiser;
    EXPECT_GT(figures.at("last perplexity"), 20) << quantiser;
  }
}

TEST(SpectrumCodec, TheNormalisationTokenIsTheScale) {
  const SpectrumCodec codec(tiny_spectrum_codec(), 1);
  auto block = test::spectra(4);
  const auto one = codec.encode(modalities::Block(block));
  for (auto& f : block.flux) f *= 100;
  for (auto& v : block.ivar) v /= 100 * 100;
  const auto hundred = codec.encode(modalities::Block(block));
  const auto ratio = codec.scale_of(hundred.ids.select(1, 0)) / codec.scale_of(one.ids.select(1, 0));
  EXPECT_LT((ratio - 100).abs().max().item<double>(), 2);
  // the codes see what is left: the shape, but for the rounding of the scale
  const auto same = (one.ids == hundred.ids).narrow(1, 1, codec.code_tokens()).to(at::kFloat).mean().item<double>();
  EXPECT_GT(same, 0.9);
}

TEST(SpectrumCodec, MaskedPixelsHaveNoInfluence) {
  const SpectrumCodec codec(tiny_spectrum_codec(), 1);
  auto block = test::spectra(2);
  for (size_t j = 100; j < 140; ++j) block.mask[j] = 1, block.ivar[j] = 0, block.flux[j] = 0;
  const auto clean = codec.encode(modalities::Block(block));
  for (size_t j = 100; j < 140; ++j) block.flux[j] = 1e9f;
  EXPECT_TRUE(at::equal(clean.ids, codec.encode(modalities::Block(block)).ids));
}

TEST(SpectrumCodec, ReadsAndDrawsAnyGrid) {
  const SpectrumCodec codec(tiny_spectrum_codec(), 1);
  const auto fine = codec.encode(modalities::Block(test::spectra(2, 2000)));
  const auto coarse = codec.encode(modalities::Block(test::spectra(2, 90)));
  EXPECT_EQ(fine.ids.sizes(), coarse.ids.sizes());
  DecodeRequest request;
  request.wavelength_angstrom = {3000, 4000, 5000.5f, 9699, 12000};
  const auto out = std::get<modalities::SpectrumBlock>(codec.decode(fine, request));
  EXPECT_EQ(out.length, 5);
  EXPECT_EQ(std::vector<uint8_t>(out.mask.begin(), out.mask.begin() + 5), (std::vector<uint8_t>{1, 0, 0, 0, 1}));
  EXPECT_NO_THROW(modalities::check("decoded", modalities::Block(out)));
  EXPECT_NO_THROW(modalities::check("decoded", codec.decode(fine)));
  request.wavelength_angstrom = {5000, 4000};
  EXPECT_THROW(codec.decode(fine, request), base::UserError);
}

TEST(SpectrumCodec, OneOutsideTheGridIsAbsent) {
  const SpectrumCodec codec(tiny_spectrum_codec(), 1);
  auto block = test::spectra(3);
  for (size_t j = 0; j < size_t(block.length); ++j) block.wavelength_angstrom[j] += 50000;
  const auto tokens = codec.encode(modalities::Block(block));
  EXPECT_FALSE(tokens.present[0].item<bool>());
  EXPECT_TRUE(tokens.present[1].item<bool>());
}

// Long stretches without any data, as where the grid is wider than the instrument, go through every norm as they are.
TEST(SpectrumCodec, GradientsAreFiniteWhereMostOfTheGridIsEmpty) {
  auto settings = tiny_spectrum_codec();
  settings.wavelength_low = 1000;
  settings.wavelength_high = 30000;
  settings.depths = {2, 2};
  SpectrumCodec codec(settings, 1);
  const auto outcome = codec.loss(modalities::Block(test::spectra(4)));
  outcome.loss.backward();
  double largest = 0;
  for (const auto& [name, parameter] : codec.parameters().parameters())
    if (parameter.grad().defined()) largest = std::max(largest, parameter.grad().abs().max().item<double>());
  EXPECT_GT(largest, 0);
  EXPECT_LT(largest, 1e4);
}

TEST(SpectrumCodec, ExtremesStayFinite) {
  SpectrumCodec codec(tiny_spectrum_codec(), 1);
  auto block = test::spectra(4);
  const size_t L = size_t(block.length);
  for (size_t j = 0; j < L; ++j) {
    block.flux[j] = -1e30f;
    block.ivar[j] = 1e30f;
    block.flux[L + j] = 1e-20f;
    block.ivar[L + j] = 1e-30f;
    block.flux[2 * L + j] = 0;
  }
  const auto tokens = codec.encode(modalities::Block(block));
  EXPECT_NO_THROW(modalities::check("decoded", codec.decode(tokens)));
  EXPECT_TRUE(at::isfinite(codec.loss(modalities::Block(block)).loss).item<bool>());
}

TEST(SpectrumCodec, Bf16TokensAreInRangeAndMostlyTheSame) {
  const SpectrumCodec codec(tiny_spectrum_codec(), 1);
  const modalities::Block block = test::spectra(8);
  const auto exact = codec.encode(block);
  const nn::Autocast guard(nn::Precision::bf16);
  const auto rough = codec.encode(block);
  EXPECT_LT(rough.ids.max().item<int64_t>(), codec.vocabulary());
  EXPECT_GT((exact.ids == rough.ids).to(at::kFloat).mean().item<double>(), 0.7);
}

TEST(SpectrumCodec, RefusesWhatCannotBe) {
  auto s = tiny_spectrum_codec();
  s.pixels = 100;
  try {
    const SpectrumCodec codec(s, 0);
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_THAT(e.what(), HasSubstr("nearest is 104"));
  }
  s = tiny_spectrum_codec();
  s.depths = {1};
  EXPECT_THROW(SpectrumCodec(s, 0), base::UserError);
  const SpectrumCodec codec(tiny_spectrum_codec(), 1);
  auto block = test::spectra(2);
  block.wavelength_angstrom[7] = block.wavelength_angstrom[6];
  EXPECT_THROW(codec.encode(modalities::Block(block)), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
