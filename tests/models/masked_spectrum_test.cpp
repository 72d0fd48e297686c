#include "models/masked_spectrum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "models/bridged.h"
#include "nn/optim.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

MaskedSpectrumSettings masked_settings() {
  MaskedSpectrumSettings s;
  s.patch = 8;  // 12 patches of the tiny sky's 96 pixels
  s.width = 16;
  s.heads = 2;
  s.layers = 1;
  s.hidden_patches = 3;
  s.seed = 2;
  return s;
}

modalities::SpectrumBlock& masked_spectra(modalities::Batch& batch) {
  return std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
}

TEST(MaskedSpectrum, NothingOfWhatIsHiddenLeaks) {
  const MaskedSpectrum model(masked_settings());
  auto batch = tiny::sky(3);
  auto hidden = at::zeros({3, 12}, at::kBool);
  hidden.narrow(1, 4, 3).fill_(true);
  const auto before = model.rebuild(masked_spectra(batch), hidden);
  auto changed = batch;
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t k = 32; k < 56; ++k) {
      const auto at = size_t(i * 96 + k);
      masked_spectra(changed).flux[at] = 1e4f * float(k);
      masked_spectra(changed).ivar[at] = 1e-3f;
    }
  EXPECT_TRUE(at::equal(before, model.rebuild(masked_spectra(changed), hidden))) << "the scale counts as well";
  masked_spectra(changed).flux[31] += 1;
  EXPECT_FALSE(at::equal(before[0], model.rebuild(masked_spectra(changed), hidden)[0])) << "what is seen must tell";
  EXPECT_TRUE(at::equal(before[1], model.rebuild(masked_spectra(changed), hidden)[1])) << "of other objects nothing";
  EXPECT_EQ(before.narrow(1, 0, 32).abs().max().item<float>(), 0) << "only what is hidden is rebuilt";
  EXPECT_GT(before.narrow(1, 32, 24).abs().min().item<float>(), 0);
}

TEST(MaskedSpectrum, BesideAStraightLineItLearnsWhatTheLineLeaves) {
  auto settings = masked_settings();
  const MaskedSpectrum plain(settings);
  settings.line = true;
  const MaskedSpectrum model(settings);  // the same first weights
  auto batch = tiny::sky(3);
  auto hidden = at::zeros({3, 12}, at::kBool);
  hidden.narrow(1, 4, 3).fill_(true);
  auto gap = masked_spectra(batch);
  for (size_t at = 0; at < gap.mask.size(); ++at) gap.mask[at] = at % 96 >= 32 && at % 96 < 56 ? 0 : 1;
  const auto line = bridged(masked_spectra(batch), gap);
  const auto rebuilt = model.rebuild(masked_spectra(batch), hidden),
             alone = plain.rebuild(masked_spectra(batch), hidden);
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t k = 32; k < 56; ++k) {
      const double both = alone[i][k].item<double>() + line.flux[size_t(i * 96 + k)];
      EXPECT_NEAR(rebuilt[i][k].item<double>(), both, 1e-4 * std::abs(both) + 1e-6);
    }
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t k = 32; k < 56; ++k) masked_spectra(batch).flux[size_t(i * 96 + k)] = 1e4F * float(k);
  EXPECT_TRUE(at::equal(rebuilt, model.rebuild(masked_spectra(batch), hidden))) << "nothing leaks by the line";
  settings.causal = true;
  EXPECT_THROW(MaskedSpectrum{settings}, base::UserError);
}

TEST(MaskedSpectrum, ACausalOneLooksToShorterWavelengthsAlone) {
  auto settings = masked_settings();
  for (const bool causal : {false, true}) {
    settings.causal = causal;
    const MaskedSpectrum model(settings);
    auto batch = tiny::sky(2);
    auto hidden = at::zeros({2, 12}, at::kBool);
    hidden.narrow(1, 4, 3).fill_(true);
    const auto before = model.rebuild(masked_spectra(batch), hidden);
    const auto turned = [&](int64_t low, int64_t high) {  // the same numbers, so that the brightness stays
      auto other = batch;
      auto& flux = masked_spectra(other).flux;
      std::reverse(flux.begin() + low, flux.begin() + high);
      return (model.rebuild(masked_spectra(other), hidden) - before)[0].abs().max().item<float>();
    };
    EXPECT_GT(turned(0, 32), 1e-5) << "shorter wavelengths tell";
    if (causal)
      EXPECT_LT(turned(56, 96), 1e-6) << "longer ones do not";
    else
      EXPECT_GT(turned(56, 96), 1e-5);
  }
  EXPECT_EQ(MaskedSpectrum(settings).embed(tiny::sky(3), {}).vectors_ND.sizes(), (at::IntArrayRef{3, 16}));
}

TEST(MaskedSpectrum, ItsLossIsThatOfTheRebuiltPixels) {
  auto s = masked_settings();
  s.hidden_patches = 1;
  const MaskedSpectrum model(s);
  auto batch = tiny::sky(2);
  tiny::remove(batch, "spectrum_desi", 1);
  const DrawKey key{4, 2, false};
  std::vector<uint8_t> usable(24, 1);
  std::fill(usable.begin() + 12, usable.end(), uint8_t{0});
  const auto drawn =
      draw_hidden(usable, 12, s.hidden_share, 1, {batch.objects[0].hash(), batch.objects[1].hash()}, key);
  auto hidden = at::zeros({2, 12}, at::kBool);
  for (int64_t i = 0; i < 24; ++i)
    if (drawn[size_t(i)]) hidden[i / 12][i % 12] = true;
  EXPECT_TRUE(at::equal(model.hidden_patches(batch, key), hidden));
  const auto rebuilt = model.rebuild(masked_spectra(batch), hidden)[0];
  double chi2 = 0;
  int64_t count = 0;
  for (int64_t k = 0; k < 96; ++k)
    if (drawn[size_t(k / 8)]) {
      const double residual = rebuilt[k].item<double>() - masked_spectra(batch).flux[size_t(k)];
      chi2 += residual * residual * masked_spectra(batch).ivar[size_t(k)];
      ++count;
    }
  EXPECT_EQ(count, 5 * 8) << "0.4 of 12 patches";
  const auto outcome = model.loss(batch, key);
  EXPECT_NEAR(outcome.figures.at("chi2").item<double>(), chi2 / double(count), 1e-3 * chi2 / double(count));
  EXPECT_EQ(outcome.weight, 1) << "the absent one does not count";
}

TEST(MaskedSpectrum, ItLearnsToRebuild) {
  MaskedSpectrum model(masked_settings());
  const auto batch = tiny::sky(32);
  nn::AdamW optimiser(model.parameters(), {});
  const double first = model.loss(batch, {1, 0, false}).figures.at("chi2").item<double>();
  for (int64_t step = 0; step < 150; ++step) {
    model.parameters().zero_grad();
    model.loss(batch, {1, step, true}).loss.backward();
    optimiser.step(3e-3);
  }
  EXPECT_LT(model.loss(batch, {1, 0, false}).figures.at("chi2").item<double>(), 0.7 * first);
}

TEST(MaskedSpectrum, HiddenPatchesAreDrawnByObjectAloneAndLeaveSomething) {
  const std::vector<uint8_t> usable = {1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0};
  const auto all = draw_hidden(usable, 6, 0.5, 2, {11, 22, 33}, {1, 0, true});
  EXPECT_EQ(std::accumulate(all.begin(), all.begin() + 6, 0), 3);
  EXPECT_EQ(std::accumulate(all.begin() + 6, all.begin() + 12, 0), 1);
  EXPECT_EQ(std::accumulate(all.begin() + 12, all.end(), 0), 0) << "one usable patch: nothing to learn from";
  for (size_t i = 0; i < all.size(); ++i) EXPECT_LE(all[i], usable[i]);
  const std::vector<uint8_t> second(usable.begin() + 6, usable.begin() + 12);
  const auto alone = draw_hidden(second, 6, 0.5, 2, {22}, {1, 0, true});
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + 6));
  std::vector<int> often(6);
  for (int64_t epoch = 0; epoch < 600; ++epoch) {
    const auto one = draw_hidden({1, 1, 1, 1, 1, 1}, 6, 0.34, 2, {11}, {1, epoch, true});
    for (size_t p = 0; p < 6; ++p) often[p] += one[p];
  }
  for (const int times : often) EXPECT_NEAR(times, 200, 60) << "the ends as often as the middle";
}

TEST(MaskedSpectrum, TwoGridsAreOneModel) {
  const MaskedSpectrum model(masked_settings());
  auto batch = tiny::sky(2);
  auto shorter = modalities::select(batch, {0});
  auto& s = masked_spectra(shorter);
  s.length = 90;  // another length, the same wavelengths
  for (auto* values : {&s.flux, &s.ivar, &s.wavelength_angstrom, &s.lsf_sigma_angstrom}) values->resize(90);
  s.mask.resize(90);
  EXPECT_TRUE(at::isfinite(model.embed(shorter, {}).vectors_ND).all().item<bool>());
  EXPECT_THROW(model.loss(tiny::scalars(2), {1, 1, true}), base::UserError);
  EXPECT_THROW(model.rebuild(s, at::zeros({1, 3}, at::kBool)), base::UserError);
}

}  // namespace
}  // namespace asterism::models
