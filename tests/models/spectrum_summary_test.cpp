#include "models/spectrum_summary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "modalities/spectrum.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

modalities::SpectrumBlock& summarised_spectra(modalities::Batch& batch) {
  return std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
}

struct SpectrumSummaryFixture {
  SpectrumSummaryFixture() : summary(nn::Scope(parameters, 1), "spectrum_desi", 8) { summary.fit(block()); }
  const modalities::Block& block() { return batch.blocks.at("spectrum_desi"); }
  at::Tensor vectors() { return summary(block(), {}).vectors_NH.detach(); }
  nn::Parameters parameters;
  SpectrumSummary summary;
  modalities::Batch batch = tiny::sky(5);
};

// Against the mean written out, for the bins of one object.
TEST(SpectrumSummary, BinsAreWeightedMeans) {
  auto batch = tiny::sky(2);
  auto& s = summarised_spectra(batch);
  for (int64_t k = 0; k < tiny::kLength; ++k) s.ivar[size_t(tiny::kLength + k)] = float(0.2 + 0.1 * double(k % 7));
  const double low = 4000, high = 7801;
  const auto binned = binned_spectra(s, low, high);
  const int64_t bins = binned.flux.size(1);
  std::vector<float> sizes;
  for (int64_t k = 0; k < tiny::kLength; ++k) sizes.push_back(std::abs(s.flux[size_t(tiny::kLength + k)]));
  std::nth_element(sizes.begin(), sizes.begin() + (tiny::kLength - 1) / 2, sizes.end());
  const double scale = sizes[(tiny::kLength - 1) / 2];
  std::vector<double> sum(size_t(bins), 0), weight(size_t(bins), 0), variance(size_t(bins), 0);
  for (int64_t k = 0; k < tiny::kLength; ++k) {
    const auto p = size_t(tiny::kLength + k);
    const auto bin = size_t(std::log(double(s.wavelength_angstrom[p]) / low) / std::log(high / low) * double(bins));
    const double w = 1 / (1 / double(s.ivar[p]) + 0.25 * scale * scale);
    sum[bin] += w * double(s.flux[p]);
    weight[bin] += w;
    variance[bin] += w * w / double(s.ivar[p]);
  }
  int64_t seen = 0;
  for (int64_t b = 0; b < bins; ++b) {
    const auto at = size_t(b);
    EXPECT_EQ(binned.seen[1][b].item<double>(), weight[at] > 0);
    if (!(weight[at] > 0)) continue;
    EXPECT_NEAR(binned.flux[1][b].item<double>(), sum[at] / weight[at], 1e-5);
    EXPECT_NEAR(binned.sigma[1][b].item<double>(), std::sqrt(variance[at]) / weight[at], 1e-5);
    ++seen;
  }
  EXPECT_GT(seen, 50);
}

TEST(SpectrumSummary, MaskedPixelsAndOtherRangesCountNowhere) {
  SpectrumSummaryFixture f;
  auto& s = summarised_spectra(f.batch);
  s.mask[10] = 1;
  s.ivar[10] = 0;
  const auto before = f.vectors();
  s.flux[10] = 1e30f;
  EXPECT_TRUE(at::equal(before, f.vectors()));
  for (int64_t k = 0; k < tiny::kLength; ++k)  // object 1 far in the infrared: no bin sees it
    s.wavelength_angstrom[size_t(tiny::kLength + k)] = float(40000 + 40 * k);
  const auto out = f.summary(f.block(), {});
  EXPECT_EQ(out.seen_N, (std::vector<uint8_t>{1, 0, 1, 1, 1}));
  EXPECT_EQ(out.vectors_NH[1].abs().max().item<float>(), 0);
}

TEST(SpectrumSummary, TheGridDoesNotMatter) {
  SpectrumSummaryFixture f;
  auto& s = summarised_spectra(f.batch);
  auto fine = modalities::make_spectra(1, 3 * tiny::kLength, s.unit);
  fine.present[0] = 1;
  for (int64_t k = 0; k < fine.length; ++k) {
    const auto p = size_t(k);
    fine.wavelength_angstrom[p] = float(4000 + 40 * double(k) / 3);
    fine.flux[p] = 5 + float(std::sin(double(k) / 20));
    fine.ivar[p] = 1;
    fine.mask[p] = 0;
  }
  auto coarse = modalities::make_spectra(1, tiny::kLength, s.unit);
  coarse.present[0] = 1;
  for (int64_t k = 0; k < coarse.length; ++k) {
    const auto p = size_t(k);
    coarse.wavelength_angstrom[p] = fine.wavelength_angstrom[3 * p];
    coarse.flux[p] = fine.flux[3 * p];
    coarse.ivar[p] = 3;
    coarse.mask[p] = 0;
  }
  const auto a = binned_spectra(fine, 4000, 7800), b = binned_spectra(coarse, 4000, 7800);
  const auto both = a.seen * b.seen;
  EXPECT_GT(both.sum().item<double>(), 50);
  EXPECT_LT(((a.flux - b.flux) * both).abs().max().item<double>(), 0.15);
}

TEST(SpectrumSummary, TheLevelIsKept) {
  SpectrumSummaryFixture f;
  const auto before = f.vectors();
  auto& s = summarised_spectra(f.batch);
  for (int64_t k = 0; k < tiny::kLength; ++k) s.flux[size_t(k)] *= 1.05f;
  const auto after = f.vectors();
  EXPECT_GT((after[0] - before[0]).norm().item<float>(), 1e-2f * before[0].norm().item<float>());
}

TEST(SpectrumSummary, SaysWhatItCannotRead) {
  SpectrumSummaryFixture f;
  EXPECT_THROW(f.summary(f.batch.blocks.at("flux_g"), {}), base::UserError);
  nn::Parameters parameters;
  SpectrumSummary unfitted(nn::Scope(parameters, 1), "spectrum_desi", 8);
  EXPECT_THROW(unfitted(f.block(), {}), base::UserError);
  for (int64_t i = 0; i < 5; ++i) tiny::remove(f.batch, "spectrum_desi", i);
  EXPECT_THROW(unfitted.fit(f.block()), base::UserError);
  EXPECT_EQ(f.summary(f.block(), {}).seen_N, std::vector<uint8_t>(5, 0));
  const auto none = modalities::make_spectra(2, 0, "1e-17 erg/s/cm^2/Angstrom");
  EXPECT_EQ(f.summary(none, {}).seen_N, std::vector<uint8_t>(2, 0)) << "spectra without a pixel";
}

TEST(SpectrumSummary, HugeNumbersStayFinite) {
  SpectrumSummaryFixture f;
  auto& s = summarised_spectra(f.batch);
  for (int64_t k = 0; k < tiny::kLength; ++k) {
    s.flux[size_t(k)] = k % 2 == 0 ? 3e37f : -3e37f;
    s.ivar[size_t(k)] = 1e-37f;
    s.flux[size_t(tiny::kLength + k)] = 0;
    s.ivar[size_t(tiny::kLength + k)] = 1e37f;
  }
  EXPECT_TRUE(at::isfinite(f.vectors()).all().item<bool>());
}

}  // namespace
}  // namespace asterism::models
