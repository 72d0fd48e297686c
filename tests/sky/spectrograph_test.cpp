#include "sky/spectrograph.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/filter.h"
#include "astro/lines.h"
#include "modalities/spectrum.h"
#include "sky/draw.h"

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
