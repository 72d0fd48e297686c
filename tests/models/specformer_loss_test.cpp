#include "models/specformer_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "modalities/spectrum.h"
#include "shortened.h"
#include "tests/nn/seeded_noise.h"
#include "tiny_astroclip.h"

namespace asterism::models {
namespace {

// 96 pixels: 10 slices of 16 that begin every 8 (the last one is left out); two stretches of 2 slices, 24 pixels each.
AstroClipSettings lone_spectrum() {
  auto s = tiny::astroclip_model();
  s.encoders = {"spectrum"};
  s.embedding = 0;
  s.spectrum_input.masked = "mean";
  return s;
}

SpecFormerMaskSettings two_stretches() { return {.chunks = 2, .chunk_tokens = 2}; }

modalities::SpectrumBlock& spectra_in(modalities::Batch& batch) {
  return std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
}

at::Tensor starts(std::initializer_list<float> values, int64_t objects) {
  return at::tensor(at::ArrayRef<float>(values)).expand({objects, int64_t(values.size())}).contiguous();
}

// What is rebuilt of every token where these pixels are hidden.
at::Tensor rebuilt(const AstroClip& model, const modalities::SpectrumBlock& spectra, const at::Tensor& hidden) {
  const at::NoGradGuard no_grad;
  const auto& encoder = model.spectrum_encoder();
  return encoder.rebuild(
      encoder(see_spectra(encoder, spectra, model.settings().spectrum_input, hidden, at::kCPU).tokens_BTS));
}

TEST(SpecFormerLoss, StretchesAreWholeSlicesEachInItsPart) {
  const auto s = lone_spectrum().spectrum;
  const auto hidden = hidden_pixels(s, two_stretches(), 96, at::tensor({0.0F, 0.0F, 0.999F, 0.5F}).view({2, 2}));
  ASSERT_EQ(hidden.sizes(), (at::IntArrayRef{2, 96}));
  const auto is = [&](int64_t i, int64_t from, int64_t to) {
    auto other = at::zeros({96}, at::kBool);
    for (const int64_t first : {from, to}) other.narrow(0, first, 24).fill_(true);
    return at::equal(hidden[i], other);
  };
  EXPECT_TRUE(is(0, 0, 40)) << "the parts begin at slices 0 and 5";
  EXPECT_TRUE(is(1, 24, 56)) << "the last place of a part, and the middle one";
  EXPECT_THROW(hidden_pixels(s, {.chunks = 2, .chunk_tokens = 5}, 96, starts({0, 0}, 1)), base::UserError);
  EXPECT_THROW(hidden_pixels(s, {.chunks = 9, .chunk_tokens = 1}, 96, starts({0}, 1)), base::UserError);
}

TEST(SpecFormerLoss, NothingOfWhatIsHiddenLeaks) {
  const AstroClip model(lone_spectrum());
  auto batch = tiny::sky(3);
  const auto hidden = hidden_pixels(model.settings().spectrum, two_stretches(), 96, starts({0.3F, 0.6F}, 3));
  const auto before = rebuilt(model, spectra_in(batch), hidden);
  const auto* is_hidden = hidden.const_data_ptr<bool>();
  for (int64_t k = 0; k < 96; ++k) {  // one pixel after the other, those at the edges too
    auto changed = batch;
    auto& spectra = spectra_in(changed);
    spectra.flux[size_t(k)] = 1e4F;
    spectra.ivar[size_t(k)] = 1e-3F;
    const bool same = at::equal(before[0], rebuilt(model, spectra, hidden)[0]);
    EXPECT_EQ(same, is_hidden[k]) << "pixel " << k;  // those that no slice holds tell by the level
  }
}

// What ours does otherwise. Of 11 tokens 0, 1 and 5, 6 are hidden; pixel 10 lies in tokens 1 and 2, pixel 3 in 1 alone.
TEST(SpecFormerLoss, AsPublishedTheEdgesAndTheLevelLeak) {
  const auto s = lone_spectrum().spectrum;
  const auto flux = tests::seeded_noise({1, 96}, 4) + 3;
  const auto seen_with = [&](int64_t pixel, double more) {
    auto changed = flux.clone();
    changed[0][pixel] += more;
    return mask_stretches(slice_spectra(changed, s.slice, s.overlap), 2, 2, starts({0, 0}, 1))[0];
  };
  const auto before = seen_with(0, 0);
  EXPECT_EQ(before.eq(0).all(1).sum().item<int64_t>(), 4) << "tokens, not pixels";
  EXPECT_GT((seen_with(10, 5) - before)[2][2 + 2].item<float>(), 1) << "through the slice beside";
  EXPECT_GT((seen_with(3, 5) - before)[8].abs().max().item<float>(), 1e-3) << "through the level";
}

TEST(SpecFormerLoss, ItsLossIsThatOfTheRebuiltPixels) {
  const AstroClip model(lone_spectrum());
  const auto& s = model.settings().spectrum;
  const auto mask = two_stretches();
  auto batch = tiny::sky(3);
  tiny::remove(batch, "spectrum_desi", 1);
  auto& spectra = spectra_in(batch);
  for (size_t k = 0; k < 96; ++k) spectra.ivar[k] = float(k % 7);  // some are worth nothing, some more than others
  for (size_t k = 40; k < 50; ++k) spectra.mask[k] = 1, spectra.flux[k] = 1e6F;
  const DrawKey key{5, 1, false};
  const auto outcome =
      specformer_loss(model.spectrum_encoder(), batch, model.settings().spectrum_input, mask, key, at::kCPU);
  EXPECT_EQ(outcome.weight, 2);
  const auto hidden = hidden_pixels(s, mask, 96, draw_starts(batch, 2, key));
  const auto both = modalities::select(spectra, {0, 2});
  const auto hidden_both = hidden.index_select(0, at::tensor({0, 2}));
  const auto made = rebuilt(model, both, hidden_both);
  double sum = 0, chi2 = 0, count = 0;
  for (int64_t i = 0; i < 2; ++i) {
    const auto good = [&](int64_t k) {
      return both.mask[size_t(i * 96 + k)] == 0 && both.ivar[size_t(i * 96 + k)] > 0;
    };
    std::vector<double> seen;
    double mean = 0, square = 0;
    int64_t known = 0;
    for (int64_t k = 0; k < 96; ++k)
      if (!hidden_both[i][k].item<bool>() && good(k)) mean += both.flux[size_t(i * 96 + k)], ++known;
    mean /= double(known);
    int64_t shown = 0;
    for (int64_t k = 0; k < 96; ++k) {
      if (hidden_both[i][k].item<bool>()) continue;
      ++shown;  // those that are worth nothing show the mean
      if (good(k)) square += std::pow(both.flux[size_t(i * 96 + k)] - mean, 2);
    }
    const double deviation = std::max(0.2, std::sqrt(square / double(shown - 1)));
    for (int64_t t = 0; t < 10; ++t)
      for (int64_t j = 0; j < 16; ++j) {
        const int64_t k = 8 * t + j;
        if (!hidden_both[i][k].item<bool>() || !good(k)) continue;
        const double ivar = both.ivar[size_t(i * 96 + k)] * deviation * deviation;
        const double residual =
            made[i][1 + t][2 + j].item<double>() - (both.flux[size_t(i * 96 + k)] - mean) / deviation;
        const double r = std::abs(residual) / std::sqrt(1 / ivar + mask.error_floor * mask.error_floor);
        sum += r < 5 ? r * r / 2 : 5 * (r - 2.5);
        chi2 += residual * residual * ivar;
        ++count;
      }
  }
  EXPECT_NEAR(outcome.loss.item<double>(), sum / count, 1e-4 * sum / count);
  EXPECT_NEAR(outcome.figures.at("chi2").item<double>(), chi2 / count, 1e-4 * chi2 / count);
}

TEST(SpecFormerLoss, PixelsAreTheMeanOfTheSlicesThatHoldThem) {
  const AstroClip model(lone_spectrum());
  auto batch = tiny::sky(2);
  const auto& spectra = spectra_in(batch);
  const auto hidden = hidden_pixels(model.settings().spectrum, two_stretches(), 96, starts({0.3F, 0.6F}, 2));
  const auto& input = model.settings().spectrum_input;
  const auto made = rebuild_spectra(model.spectrum_encoder(), spectra, input, hidden, at::kCPU);
  ASSERT_EQ(made.flux_BL.sizes(), (at::IntArrayRef{2, 96}));
  const auto tokens = rebuilt(model, spectra, hidden).to(at::kDouble);
  const auto level = see_spectra(model.spectrum_encoder(), spectra, input, hidden, at::kCPU).level;
  for (int64_t k = 0; k < 96; ++k) {  // slices begin every 8 pixels and are 16 long, the tenth ends at 88
    EXPECT_EQ(made.covered_BL[1][k].item<bool>(), k < 88) << k;
    if (k >= 88) continue;
    std::vector<double> of;
    for (int64_t t = std::max<int64_t>(0, k / 8 - 1); t <= std::min<int64_t>(9, k / 8); ++t)
      of.push_back(tokens[1][1 + t][2 + k - 8 * t].item<double>());
    const double mean = of.size() == 2 ? (of[0] + of[1]) / 2 : of[0];
    const double flux = mean * level.deviation_B1[1].item<double>() + level.mean_B1[1].item<double>();
    EXPECT_NEAR(made.flux_BL[1][k].item<double>(), flux, 1e-5 * (1 + std::abs(flux))) << k;
  }
}

TEST(SpecFormerLoss, AsPublishedItIsTheMeanSquareOverHiddenNumbers) {
  auto settings = lone_spectrum();
  settings.spectrum_input.masked = "as_is";
  const AstroClip model(settings);
  const auto& encoder = model.spectrum_encoder();
  auto mask = two_stretches();
  mask.as_published = true;
  const auto batch = tiny::sky(2);
  const DrawKey key{5, 1, false};
  const auto outcome = specformer_loss(encoder, batch, settings.spectrum_input, mask, key, at::kCPU);
  const auto flux = prepare_spectra(batch.blocks.at("spectrum_desi"), settings.spectrum_input, false);
  const auto tokens = encoder.tokens(flux), masked = mask_stretches(tokens, 2, 2, draw_starts(batch, 2, key));
  const auto other = encoder.rebuild(encoder(masked)) - tokens;
  const double expected = other.masked_select(masked.ne(tokens)).square().mean().item<double>();
  EXPECT_NEAR(outcome.loss.item<double>(), expected, 1e-5 * expected);
  EXPECT_GT(outcome.figures.at("chi2").item<double>(), 0);
}

TEST(SpecFormerLoss, AShortSpectrumOfAnyGridIsAsByItself) {
  for (const bool as_published : {false, true}) {
    auto settings = lone_spectrum();
    settings.spectrum_input.pixels = 0;
    const AstroClip model(settings);
    const auto& encoder = model.spectrum_encoder();
    const auto& input = settings.spectrum_input;
    auto mask = two_stretches();
    mask.as_published = as_published;
    const DrawKey key{5, 1, false};
    const auto loss = [&](const modalities::Batch& batch) {
      return specformer_loss(encoder, batch, input, mask, key, at::kCPU);
    };
    auto batch = tiny::sky(3);
    tiny::shorten(batch, 1, 80);
    const auto short_one = tiny::alone(batch, 1, 80);
    const auto padded = loss(modalities::select(batch, {1})), by_itself = loss(short_one);
    EXPECT_NEAR(padded.loss.item<double>(), by_itself.loss.item<double>(), 1e-4 * by_itself.loss.item<double>());
    EXPECT_NEAR(padded.figures.at("chi2").item<double>(), by_itself.figures.at("chi2").item<double>(),
                1e-4 * by_itself.figures.at("chi2").item<double>());
    EXPECT_EQ(loss(batch).weight, 3);
    auto hidden = at::zeros({3, 96}, at::kBool);
    hidden.narrow(1, 20, 24).fill_(true);
    const auto together = rebuild_spectra(encoder, spectra_in(batch), input, hidden, at::kCPU);
    const auto one = rebuild_spectra(encoder, std::get<modalities::SpectrumBlock>(short_one.blocks.at("spectrum_desi")),
                                     input, hidden.narrow(0, 1, 1).narrow(1, 0, 80), at::kCPU);
    const auto own = one.covered_BL[0];
    EXPECT_TRUE(at::equal(together.covered_BL[1].narrow(0, 0, 80), own));
    EXPECT_FALSE(together.covered_BL[1].narrow(0, 80, 16).any().item<bool>()) << "there is nothing to rebuild";
    EXPECT_TRUE(
        at::allclose(together.flux_BL[1].narrow(0, 0, 80).index({own}), one.flux_BL[0].index({own}), 1e-4, 1e-4));
  }
}

TEST(SpecFormerLoss, SpectraTooShortForTheStretchesAreLeftOut) {
  auto settings = lone_spectrum();
  settings.spectrum_input.pixels = 0;
  const AstroClip model(settings);
  auto batch = tiny::sky(3);
  tiny::shorten(batch, 1, 30);
  const auto loss = [&](const modalities::Batch& of) {
    return specformer_loss(model.spectrum_encoder(), of, settings.spectrum_input, two_stretches(), {5, 1, false},
                           at::kCPU);
  };
  EXPECT_EQ(loss(batch).weight, 2);
  EXPECT_EQ(loss(batch).loss.item<float>(), loss(modalities::select(batch, {0, 2})).loss.item<float>());
  EXPECT_THROW(loss(modalities::select(batch, {1})), base::UserError) << "nothing else is there";
}

// A small step along the gradient changes the loss by its length, of every parameter by itself.
TEST(SpecFormerLoss, ItsGradientIsThatOfDifferences) {
  for (const bool as_published : {false, true}) {
    AstroClip model(lone_spectrum());
    auto mask = two_stretches();
    mask.as_published = as_published;
    const auto batch = tiny::sky(4);
    const auto loss = [&] {
      return specformer_loss(model.spectrum_encoder(), batch, model.settings().spectrum_input, mask, {5, 1, false},
                             at::kCPU)
          .loss;
    };
    loss().backward();
    const at::NoGradGuard no_grad;
    for (const auto& [name, weight] : model.parameters().parameters()) {
      ASSERT_TRUE(weight.grad().defined()) << name;
      const auto gradient = weight.grad().clone();
      const double length = gradient.norm().item<double>();
      if (length < 1e-3) continue;  // below what single precision tells of differences
      const double step = 1e-2;
      weight.add_(gradient, step / length);
      const double above = loss().item<double>();
      weight.sub_(gradient, 2 * step / length);
      const double below = loss().item<double>();
      weight.add_(gradient, step / length);
      EXPECT_NEAR((above - below) / (2 * step), length, 0.03 * length + 2e-4) << name << " " << as_published;
    }
  }
}

TEST(SpecFormerLoss, WithNothingHiddenItSeesWhatVectorsAreMadeOf) {
  const AstroClip model(lone_spectrum());
  auto batch = tiny::sky(2);
  for (size_t k = 20; k < 30; ++k) spectra_in(batch).mask[k] = 1, spectra_in(batch).flux[k] = 77;
  const auto& encoder = model.spectrum_encoder();
  const auto& input = model.settings().spectrum_input;
  const auto seen = see_spectra(encoder, spectra_in(batch), input, at::zeros({2, 96}, at::kBool), at::kCPU);
  const auto used = encoder.tokens(prepare_spectra(batch.blocks.at("spectrum_desi"), input, false));
  EXPECT_TRUE(at::allclose(seen.tokens_BTS, used, 1e-6, 1e-6));
}

TEST(SpecFormerLoss, MasksBelongToTheObjectAndNothingIsLearnedFromNothing) {
  auto batch = tiny::sky(3);
  const DrawKey key{1, 2, true};
  const auto all = draw_starts(batch, 4, key), turned = draw_starts(modalities::select(batch, {2, 0}), 4, key);
  EXPECT_TRUE(at::equal(all[2], turned[0]));
  EXPECT_FALSE(at::equal(all, draw_starts(batch, 4, {1, 3, true})));
  const AstroClip model(lone_spectrum());
  for (auto& flag : spectra_in(batch).mask) flag = 1;
  EXPECT_THROW(
      specformer_loss(model.spectrum_encoder(), batch, model.settings().spectrum_input, two_stretches(), key, at::kCPU),
      base::UserError);
}

}  // namespace
}  // namespace asterism::models
