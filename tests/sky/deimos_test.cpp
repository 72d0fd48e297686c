#include "sky/deimos.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "astro/filter.h"
#include "base/error.h"
#include "modalities/spectrum.h"
#include "sky/draw.h"
#include "sky/spectrograph.h"

namespace asterism::sky {
namespace {

SkySettings faint_galaxies() {
  SkySettings settings;
  settings.star_weight = settings.quasar_weight = 0;
  settings.r_bright = 20.7, settings.r_spectroscopic = 21.3, settings.spectroscopic_share = 1;
  return settings;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + int64_t(values.size() / 2), values.end());
  return values[values.size() / 2];
}

TEST(Deimos, SlitsSeeTwoDetectors) {
  const SpectralSurvey& survey = deimos_spectra();
  EXPECT_NEAR(survey.wavelength(survey.pixels - 1), 9257, 1);
  for (int64_t i = 0; i < 50; ++i) {
    const DeimosSlit slit = deimos_slit(draw_object(3, i));
    EXPECT_GE(slit.blue_from, survey.wavelength(0));
    EXPECT_LE(slit.red_to, survey.wavelength(survey.pixels - 1));
    EXPECT_TRUE(slit.sees(slit.blue_from + 1));
    EXPECT_FALSE(slit.sees(slit.blue_to + 1));
    EXPECT_TRUE(slit.sees(slit.red_from + 1));
    EXPECT_FALSE(slit.sees(slit.red_to + 1));
    EXPECT_GT(slit.share(7800), 0.2);
    EXPECT_LT(slit.share(7800), 5);
  }
}

// A galaxy of R = 21 has a signal-to-noise ratio of 3.3 per pixel between 6,600 and 7,250 A, the middle half 2.2 to 4.6
// (50,000 spectra of DEEP2, by M. Cooper, on the instrument's pages); ours are of a good night.
TEST(Deimos, ReachesTheSurveysSignalToNoise) {
  const SpectralSurvey& survey = deimos_spectra();
  std::vector<double> ratios;
  for (int64_t i = 0; i < 40; ++i) {
    const ObjectTruth t = draw_object(5, i, faint_galaxies());
    auto block = modalities::make_spectra(1, survey.pixels, "counts");
    observe_spectrum(t, light_of(t), survey, true, block, 0);
    std::vector<double> pixels;
    for (size_t p = 0; p < size_t(survey.pixels); ++p) {
      const double w = double(block.wavelength_angstrom[p]);
      if (block.mask[p] == 0 && w > 6600 && w < 7250)
        pixels.push_back(double(block.flux[p]) * std::sqrt(double(block.ivar[p])));
    }
    if (!pixels.empty()) ratios.push_back(median(pixels));
  }
  EXPECT_GT(median(ratios), 2.8);
  EXPECT_LT(median(ratios), 5.5);
}

TEST(Deimos, CountsBendWithTheThroughputAndTheAtmosphere) {
  EXPECT_GT(deimos_electrons(7100), deimos_electrons(6400));
  EXPECT_GT(deimos_electrons(8500), deimos_electrons(9200));
  EXPECT_LT(deimos_electrons(7605), 0.8 * deimos_electrons(7590));  // the A band is not divided out
  const ObjectTruth t = draw_object(5, 0, faint_galaxies());
  const auto flux = noiseless_spectrum(t, light_of(t), deimos_spectra());
  const auto counts = recorded_spectrum(t, light_of(t), deimos_spectra());
  const DeimosSlit slit = deimos_slit(t);
  for (const int p : {400, 3000, 8000}) {
    const double w = deimos_spectra().wavelength(p);
    EXPECT_NEAR(double(counts[size_t(p)]) / (double(flux[size_t(p)]) * deimos_electrons(w) * slit.share(w)), 1, 1e-4);
  }
  EXPECT_EQ(recorded_spectrum(t, light_of(t), desi_spectra()), noiseless_spectrum(t, light_of(t), desi_spectra()));
}

TEST(Deimos, NoiseIsWhatTheInverseVarianceSays) {
  const SpectralSurvey& survey = deimos_spectra();
  auto block = modalities::make_spectra(12, survey.pixels, "counts");
  double chi2 = 0, n = 0;
  for (int64_t row = 0; row < 12; ++row) {
    const ObjectTruth t = draw_object(7, row, faint_galaxies());
    observe_spectrum(t, light_of(t), survey, true, block, row);
    const auto clean = recorded_spectrum(t, light_of(t), survey);
    for (size_t p = 0; p < size_t(survey.pixels); ++p) {
      const size_t i = size_t(row) * size_t(survey.pixels) + p;
      EXPECT_EQ(block.lsf_sigma_angstrom[i], 0);
      if (block.mask[i]) continue;
      chi2 += std::pow(double(block.flux[i]) - double(clean[p]), 2) * double(block.ivar[i]);
      n += 1;
    }
  }
  modalities::check("spectrum_deimos", block);
  EXPECT_NEAR(n / double(block.flux.size()), 0.92, 0.03);  // of the grid a slit sees nine tenths
  EXPECT_NEAR(chi2 / n, 1, 0.02 + 5 * std::sqrt(2.0 / n));
}

}  // namespace
}  // namespace asterism::sky
