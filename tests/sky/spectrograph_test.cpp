#include "sky/spectrograph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "astro/filter.h"
#include "astro/lines.h"
#include "modalities/spectrum.h"
#include "sky/draw.h"
#include "sky/grid.h"
#include "sky/sed.h"

namespace asterism::sky {
namespace {

std::vector<ObjectTruth> bright_objects(ObjectClass kind, int n) {
  std::vector<ObjectTruth> out;
  for (int64_t i = 0; int(out.size()) < n; ++i) {
    const ObjectTruth t = draw_object(21, i);
    if (t.kind == kind && t.r_magnitude < 20.5) out.push_back(t);
  }
  return out;
}

TEST(Spectrograph, LinesLieWithinATenthOfAPixel) {
  int measured = 0;
  for (ObjectTruth t : bright_objects(ObjectClass::galaxy, 60)) {
    if (t.galaxy.quiescent) continue;
    t.galaxy.gas_dispersion_kms = 40;
    const ObjectLight light = light_of(t);
    for (const SpectralSurvey* survey : {&desi_spectra(), &sdss_spectra()}) {
      const auto flux = noiseless_spectrum(t, light, *survey);
      const double line = astro::line_angstrom("[OIII]5007") * (1 + t.redshift);
      const double pixel = survey->logarithmic ? (std::log10(line) - survey->first) / survey->step
                                               : (line - survey->first) / survey->step;
      const int centre = int(std::lround(pixel));
      if (centre < 40 || centre + 40 >= survey->pixels) continue;
      // Above a straight continuum between 13 and 20 pixels away.
      double left = 0, right = 0;
      for (int k = 13; k < 20; ++k) {
        left += double(flux[size_t(centre - k)]) / 7;
        right += double(flux[size_t(centre + k)]) / 7;
      }
      double sum = 0, moment = 0;
      for (int k = -9; k <= 9; ++k) {
        const double above = double(flux[size_t(centre + k)]) - (left + (right - left) * (k + 16.0) / 32);
        sum += above;
        moment += above * (centre + k);
      }
      if (sum < 15 * left) continue;  // weak lines sit on a continuum that is not straight
      EXPECT_NEAR(moment / sum, pixel, 0.1) << t.id();
      ++measured;
    }
  }
  EXPECT_GT(measured, 10);
}

TEST(Spectrograph, SynthesisedFluxIsTheFibresShareOfTheTotal) {
  for (const ObjectClass kind : {ObjectClass::galaxy, ObjectClass::star, ObjectClass::quasar})
    for (const ObjectTruth& t : bright_objects(kind, 12)) {
      const ObjectLight light = light_of(t);
      const FibreShares fibre = fibre_shares(t, desi_spectra());
      const auto flux = noiseless_spectrum(t, light, desi_spectra());
      std::vector<double> w, f;
      for (int p = 0; p < desi_spectra().pixels; ++p) {
        w.push_back(desi_spectra().wavelength(p));
        f.push_back(1e-17 * double(flux[size_t(p)]));
      }
      for (const BandId band : {kSdssG, kSdssR, kSdssI}) {
        const double expected = kind == ObjectClass::galaxy
                                    ? fibre.disc * light.disc[band] + fibre.bulge * light.bulge[band]
                                    : light.total[band];
        EXPECT_NEAR(astro::filter(filter_name(band)).nanomaggies(w, f) / expected, 1, 0.015)
            << t.id() << " " << filter_name(band);
      }
    }
}

TEST(Spectrograph, NoiseIsWhatTheInverseVarianceSays) {
  const auto objects = bright_objects(ObjectClass::galaxy, 12);
  for (const SpectralSurvey* survey : {&desi_spectra(), &sdss_spectra()}) {
    modalities::SpectrumBlock block = modalities::make_spectra(12, survey->pixels, "1e-17 erg/s/cm^2/Angstrom");
    double chi2 = 0;
    int64_t n = 0, masked = 0;
    for (int64_t row = 0; row < 12; ++row) {
      const ObjectTruth& t = objects[size_t(row)];
      const ObjectLight light = light_of(t);
      observe_spectrum(t, light, *survey, true, block, row);
      const auto clean = noiseless_spectrum(t, light, *survey);
      for (int p = 0; p < survey->pixels; ++p) {
        const size_t i = size_t(row * survey->pixels + p);
        if (block.mask[i]) {
          ++masked;
          continue;
        }
        const double d = double(block.flux[i]) - double(clean[size_t(p)]);
        chi2 += d * d * double(block.ivar[i]);
        ++n;
      }
    }
    modalities::check("spectrum", block);
    // 2%: the published variance is an estimate from the observed flux.
    EXPECT_NEAR(chi2 / double(n), 1, 0.02 + 5 * std::sqrt(2.0 / double(n)));
    EXPECT_GT(masked, 20);
    EXPECT_LT(masked, n / 10);
  }
}

TEST(Spectrograph, NoiseOfLowResolutionIsWhatTheInverseVarianceSays) {
  const auto objects = bright_objects(ObjectClass::galaxy, 40);
  for (const SpectralSurvey* survey : {&vipers_spectra(), &slitless_spectra()}) {
    auto block = modalities::make_spectra(40, survey->pixels, "1e-17 erg/s/cm^2/Angstrom");
    double chi2 = 0, n = 0;
    for (int64_t row = 0; row < 40; ++row) {
      const ObjectLight light = light_of(objects[size_t(row)]);
      observe_spectrum(objects[size_t(row)], light, *survey, true, block, row);
      const auto clean = noiseless_spectrum(objects[size_t(row)], light, *survey);
      for (int p = 0; p < survey->pixels; ++p) {
        const size_t i = size_t(row * survey->pixels + p);
        EXPECT_EQ(block.lsf_sigma_angstrom[i], float(survey->lsf_sigma(survey->wavelength(p))));
        if (block.mask[i]) continue;
        chi2 += std::pow(double(block.flux[i]) - double(clean[size_t(p)]), 2) * double(block.ivar[i]);
        n += 1;
      }
    }
    modalities::check("spectrum", block);
    EXPECT_NEAR(chi2 / n, 1, 0.02 + 5 * std::sqrt(2.0 / n));
  }
}

// Beyond the end of the fine grid the light is that of the coarse one, which fluxes come from.
TEST(Spectrograph, TheNearInfraredHoldsTheLightOfTheFluxes) {
  const SpectralSurvey& survey = slitless_spectra();
  for (const ObjectClass kind : {ObjectClass::star, ObjectClass::quasar})
    for (const ObjectTruth& t : bright_objects(kind, 6)) {
      const ObjectLight light = light_of(t);
      const auto flux = noiseless_spectrum(t, light, survey);
      const auto coarse = coarse_sed(t, light);
      double seen = 0, pixels = 0, expected = 0, width = 0;
      const auto inside = [](double w) { return w > 12500 && w < 18500; };
      for (int p = 0; p < survey.pixels; ++p)
        if (inside(survey.wavelength(p))) seen += double(flux[size_t(p)]), pixels += 1;
      for (int c = 0; c < kCoarseCells; ++c)
        if (const double w = coarse_angstrom(c) * (1 + t.redshift); inside(w))
          expected += w * double(coarse[size_t(c)]), width += w;
      EXPECT_NEAR(seen / pixels / (expected / width), 1, 0.01) << t.id();
    }
}

TEST(Spectrograph, HalphaOfFarGalaxiesIsSeenWithoutASlit) {
  const SpectralSurvey& survey = slitless_spectra();
  int measured = 0;
  for (ObjectTruth t : bright_objects(ObjectClass::galaxy, 30)) {
    if (t.galaxy.quiescent) continue;
    for (const double redshift : {0.4, 1.1}) {  // at 0.4 the fine grid ends at 14,690 A
      t.redshift = redshift;
      t.galaxy.gas_dispersion_kms = 60;
      const auto flux = noiseless_spectrum(t, light_of(t), survey);
      EXPECT_GT(*std::min_element(flux.begin(), flux.end()), 0) << t.id();
      if (redshift < 1) {
        const int seam = int((10490 * 1.4 - survey.first) / survey.step);
        for (int p = seam - 6; p < seam + 6; ++p)
          EXPECT_NEAR(flux[size_t(p) + 1] / flux[size_t(p)], 1, 0.05) << t.id() << ", pixel " << p;
        continue;
      }
      const double pixel = (astro::line_angstrom("Halpha") * (1 + redshift) - survey.first) / survey.step;
      const auto near = flux.begin() + int(pixel);
      const auto peak = std::max_element(near - 12, near + 13);
      if (*peak < 1.5f * *(near - 25)) continue;  // hardly a line
      // [N II] beside it is not told apart.
      EXPECT_NEAR(double(peak - flux.begin()), pixel, 1.6) << t.id();
      ++measured;
    }
  }
  EXPECT_GT(measured, 3);
}

TEST(Spectrograph, FibreSharesAreShares) {
  for (const ObjectTruth& t : bright_objects(ObjectClass::galaxy, 30)) {
    const FibreShares small = fibre_shares(t, desi_spectra()), large = fibre_shares(t, sdss_spectra());
    EXPECT_GT(small.disc, 0);
    EXPECT_LE(large.disc, 1);
    EXPECT_GT(large.disc, small.disc - 0.05);
  }
  EXPECT_EQ(fibre_shares(bright_objects(ObjectClass::star, 1)[0], desi_spectra()).disc, 1);
}

}  // namespace
}  // namespace asterism::sky
