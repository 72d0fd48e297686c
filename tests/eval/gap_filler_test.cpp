#include "eval/gap_filler.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/masked_spectrum.h"
#include "models/specformer_loss.h"
#include "tests/models/tiny_astroclip.h"
#include "tokenizers/spectrum_codec.h"

namespace asterism::eval {
namespace {

using modalities::SpectrumBlock;
using models::tiny::kLength;

modalities::Batch with_spectra(SpectrumBlock spectra) {
  modalities::Batch out;
  for (int64_t i = 0; i < spectra.n; ++i) out.objects.push_back({"mock", std::to_string(i)});
  out.blocks["spectrum_desi"] = std::move(spectra);
  return out;
}

// Two of 960 pixels each, ten patches of 96, of which the first spectrum lacks the third.
SpectrumBlock long_spectra() {
  auto out = modalities::make_spectra(2, 960, "1e-17 erg/s/cm^2/Angstrom");
  out.present = {1, 1};
  for (size_t at = 0; at < out.flux.size(); ++at) {
    out.wavelength_angstrom[at] = float(4000 + at % 960);
    out.flux[at] = float(2 + std::sin(double(at) / 50));
    out.ivar[at] = 25;
    out.mask[at] = at >= 192 && at < 288 ? 1 : 0;
  }
  return out;
}

tokenizers::SpectrumCodec small_codec() {
  tokenizers::SpectrumCodecSettings settings;
  settings.wavelength_low = 3990;
  settings.wavelength_high = 4970;
  settings.pixels = 240;
  settings.strides = {4, 2};
  settings.depths = {1, 1};
  settings.widths = {8, 8};
  return tokenizers::SpectrumCodec(settings, 1);
}

// What stands in the hidden pixels of the second spectrum must not matter; another pixel must.
void expect_blind(const GapFiller& filler, const modalities::Batch& batch, const at::Tensor& hidden) {
  const auto& spectra = std::get<SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  const int64_t L = spectra.length;
  auto other = spectra, seen = spectra;
  for (int64_t k = 0; k < L; ++k) {
    auto& to = hidden[1][k].item<bool>() ? other : seen;
    to.flux[size_t(L + k)] = 40.0F + float(k % 7);
    to.ivar[size_t(L + k)] = 3;
  }
  const auto before = filler.fill(spectra, hidden), after = filler.fill(other, hidden),
             moved = filler.fill(seen, hidden);
  int64_t rebuilt = 0, changed = 0;
  for (size_t at = 0; at < before.rebuilt.flux.size(); ++at) {
    EXPECT_EQ(before.rebuilt.mask[at] == 0 && !hidden.view({-1})[int64_t(at)].item<bool>(), false) << at;
    if (before.rebuilt.mask[at] != 0) continue;
    EXPECT_EQ(before.rebuilt.flux[at], after.rebuilt.flux[at]) << at;
    changed += before.rebuilt.flux[at] != moved.rebuilt.flux[at];
    ++rebuilt;
  }
  EXPECT_GT(rebuilt, hidden.sum().item<int64_t>() / 2);
  EXPECT_GT(changed, 0);
  EXPECT_TRUE(std::equal(spectra.flux.begin(), spectra.flux.end(), before.observed.flux.begin()));
}

TEST(GapFiller, AllHideWhatAMaskedModelHides) {
  models::MaskedSpectrumSettings s;
  s.patch = 96;
  s.width = 16;
  s.heads = 2;
  s.layers = 1;
  s.hidden_patches = 2;
  const models::MaskedSpectrum masked(s);
  const auto batch = with_spectra(long_spectra());
  const auto codec = small_codec();
  const auto a = gap_filler(masked)->hidden(batch), b = gap_filler(codec, "spectrum_desi")->hidden(batch);
  EXPECT_TRUE(at::equal(a, b));
  EXPECT_EQ(b[1].sum().item<int64_t>(), 4 * 96);
  EXPECT_EQ(b[0].narrow(0, 192, 96).sum().item<int64_t>(), 0) << "a patch without a good pixel is not hidden";
  expect_blind(*gap_filler(masked), batch, a);
}

TEST(GapFiller, ATokenizerDoesNotSeeWhatIsHidden) {
  const auto codec = small_codec();
  const auto filler = gap_filler(codec, "spectrum_desi");
  const auto batch = with_spectra(long_spectra());
  expect_blind(*filler, batch, filler->hidden(batch));
}

TEST(GapFiller, SpecFormerDoesNotSeeWhatIsHidden) {
  auto settings = models::tiny::astroclip_model();
  settings.encoders = {"spectrum"};
  settings.embedding = 0;
  settings.spectrum_input.masked = "mean";
  const models::AstroClip model(settings);
  const auto batch = models::tiny::sky(3);
  auto hidden = at::zeros({3, kLength}, at::kBool);
  hidden.narrow(1, 24, 32).fill_(true);
  hidden.narrow(1, 90, 6).fill_(true);  // beyond the last slice
  const auto filler = gap_filler(model);
  ASSERT_NE(filler, nullptr);
  expect_blind(*filler, batch, hidden);
  const auto made = filler->fill(std::get<SpectrumBlock>(batch.blocks.at("spectrum_desi")), hidden);
  EXPECT_EQ(made.rebuilt.mask[30], 0);
  EXPECT_EQ(made.rebuilt.mask[92], 1);
}

TEST(GapFiller, AModelOfAnotherKindIsNone) {
  const models::AstroClip both(models::tiny::astroclip_model());
  EXPECT_EQ(gap_filler(both), nullptr) << "its heads rebuild nothing";
}

}  // namespace
}  // namespace asterism::eval
