#include "tokenizers/aion/spectrum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../example_blocks.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "tokenizers/all.h"

namespace asterism::tokenizers::aion {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

SpectrumSettings small_spectrum(int64_t channels = 2) {
  SpectrumSettings s;
  s.num_pixels = 512;
  s.lambda_min = 3600;
  s.resolution = 12.5;
  s.encoder_depths = s.decoder_depths = {1, 1};
  s.encoder_dims = {8, 16};
  s.decoder_dims = {8, channels};
  s.latent_channels = 16;
  s.codebook_size = 64;
  s.dim = s.embedding_dim = 6;
  return s;
}

AionSpectrum::Observed observed(const modalities::SpectrumBlock& b) {
  auto flux = b.flux, ivar = b.ivar, wavelength = b.wavelength_angstrom;
  auto mask = b.mask;
  const std::vector<int64_t> shape{b.n, b.length};
  return {at::from_blob(flux.data(), shape).clone(),
          at::from_blob(ivar.data(), shape).clone(),
          at::from_blob(mask.data(), shape, at::kByte).to(at::kBool),
          at::from_blob(wavelength.data(), shape).clone(),
          {}};
}

TEST(AionSpectrum, BlocksAndTensorsAgree) {
  const AionSpectrum codec(small_spectrum(), 2);
  const auto block = test::spectra(3, 200);
  const auto tokens = codec.encode(block);
  EXPECT_EQ(tokens.ids.sizes(), at::IntArrayRef({3, 65}));
  EXPECT_TRUE(at::equal(tokens.ids, codec.ids(codec.latent(observed(block)))));
  const auto drawn = std::get<modalities::SpectrumBlock>(codec.decode(tokens, {}));
  EXPECT_EQ(drawn.length, 512);
  EXPECT_NEAR(drawn.flux[100], codec.draw(tokens.ids).flux_BM[0][100].item<float>(), 1e-5);
}

TEST(AionSpectrum, TheLevelIsTheMeanOfUnmaskedPixels) {
  const AionSpectrum codec(small_spectrum(), 2);
  auto o = observed(test::spectra(1, 200));
  o.flux_BN.fill_(9);
  o.mask_BN.zero_();
  o.mask_BN[0][7] = true;
  o.flux_BN[0][7] = 1e6;
  const double mean = 9.0 * 199 / 200;  // the reference divides by one more than it counts
  const auto latent = codec.latent(o);
  const double step = 6.0 / 63;
  EXPECT_GE(latent.level_B[0].item<double>() + 1e-6, std::log10(mean + 1));
  EXPECT_LT(latent.level_B[0].item<double>() - step, std::log10(mean + 1));
  EXPECT_NEAR(codec.level(latent.level_ids)[0].item<double>(), std::pow(10, latent.level_B[0].item<double>()) - 1,
              1e-4);
}

TEST(AionSpectrum, DecodesOntoWavelengthsAskedFor) {
  const AionSpectrum codec(small_spectrum(), 2);
  const auto tokens = codec.encode(test::spectra(2, 200));
  DecodeRequest request;
  for (int i = 0; i < 40; ++i) request.wavelength_angstrom.push_back(3000.0f + 25.0f * float(i));
  const auto drawn = std::get<modalities::SpectrumBlock>(codec.decode(tokens, request));
  EXPECT_EQ(drawn.length, 40);
  EXPECT_EQ(drawn.mask[0], 1);  // 3000 A is below the grid
  const auto whole = std::get<modalities::SpectrumBlock>(codec.decode(tokens, {}));
  EXPECT_NEAR(drawn.flux[24], whole.flux[0], 1e-5);  // 3600 A
  std::swap(request.wavelength_angstrom[0], request.wavelength_angstrom[1]);
  EXPECT_THROW(codec.decode(tokens, request), base::UserError);
}

TEST(AionSpectrum, FluxAloneHasNoMask) {
  const AionSpectrum codec(small_spectrum(1), 2);
  const auto tokens = codec.encode(test::spectra(1, 200));
  EXPECT_EQ(codec.draw(tokens.ids).raw_BCL.size(1), 1);
  const auto grid = at::arange(4000, 5000, 10, at::kFloat).unsqueeze(0);
  EXPECT_FALSE(codec.draw(tokens.ids, grid).mask_BM.any().item<bool>());
  auto settings = small_spectrum(1);
  settings.reference_behaviour = true;  // the package interpolates minus infinity, and masks all
  EXPECT_TRUE(AionSpectrum(settings, 2).draw(tokens.ids, grid).mask_BM.all().item<bool>());
}

TEST(AionSpectrum, MaskedFluxesAreNoTarget) {
  AionSpectrum codec(small_spectrum(), 2);
  {
    at::NoGradGuard no_grad;  // draws the same whatever the encoder, which reads masked fluxes, makes of them
    codec.parameters().all().at("post_quant_conv.weight").zero_();
  }
  auto block = test::spectra(2, 300);
  for (size_t i = 0; i < block.flux.size(); ++i) block.flux[i] = 5, block.ivar[i] = 4, block.mask[i] = 0;
  const auto reconstruction = [&] { return codec.loss(block).figures.at("reconstruction").item<double>(); };
  const double whole = reconstruction();
  for (const float bad : {0.0f, 1e4f}) {
    for (size_t i = 3; i < block.flux.size(); i += 10) block.flux[i] = bad, block.ivar[i] = 0, block.mask[i] = 1;
    EXPECT_NEAR(reconstruction(), whole, 1e-5 * whole) << bad;
  }
}

TEST(AionSpectrum, CodesOfOtherDimensionsAreProjected) {
  auto settings = small_spectrum();
  settings.dim = settings.embedding_dim = 5;
  AionSpectrum codec(settings, 2);
  EXPECT_TRUE(codec.parameters().all().contains("_quantizer._quantizer.project_in.weight"));
  const auto tokens = codec.encode(test::spectra(2, 200));
  EXPECT_EQ(codec.bits_of(at::zeros({1, 5, 3})).sizes(), at::IntArrayRef({1, 3, 6}));
  const base::TemporaryFolder folder;
  codec.save(folder / "spectrum");
  EXPECT_TRUE(at::equal(load_tokenizer(folder / "spectrum")->encode(test::spectra(2, 200)).ids, tokens.ids));
}

TEST(AionSpectrum, RefusesWhatCannotBe) {
  const auto change = [](auto&& f) {
    auto settings = small_spectrum();
    f(settings);
    AionSpectrum codec(settings);
  };
  EXPECT_THROW(change([](auto& s) { s.codebook_size = 60; }), base::UserError);
  EXPECT_THROW(change([](auto& s) { s.latent_channels = 8; }), base::UserError);
  EXPECT_THROW(change([](auto& s) { s.decoder_dims.back() = 3; }), base::UserError);
  EXPECT_THROW(change([](auto& s) { s.encoder_depths = {1}; }), base::UserError);
  const AionSpectrum codec(small_spectrum(), 2);
  auto block = test::spectra(1, 200);
  block.wavelength_angstrom[5] = block.wavelength_angstrom[4];
  EXPECT_THAT([&] { codec.encode(block); }, ThrowsMessage<base::UserError>(HasSubstr("object 0")));
  EXPECT_THAT([&] { codec.draw(at::full({1, 65}, 64, at::kLong)); }, ThrowsMessage<base::UserError>(HasSubstr("64")));
}

// Spectra that end within the latent grid, through many norms.
TEST(AionSpectrum, GradientsOfFreshWeightsAreFiniteBeyondTheEndsOfSpectra) {
  auto settings = small_spectrum();
  settings.num_pixels = 2048;
  settings.encoder_dims = {8, 16, 32, 64};
  settings.decoder_dims = {32, 16, 8, 2};
  settings.latent_channels = 64;
  settings.encoder_depths = settings.decoder_depths = {1, 1, 2, 1};
  AionSpectrum codec(settings, 3);
  const auto block = test::spectra(3);
  codec.loss(block).loss.backward();
  double largest = 0;
  for (const auto& p : codec.parameters().trainable())
    if (p.grad().defined()) largest = std::max(largest, p.grad().abs().max().item<double>());
  EXPECT_GT(largest, 0);
  EXPECT_LT(largest, 1e6);
}

}  // namespace
}  // namespace asterism::tokenizers::aion
