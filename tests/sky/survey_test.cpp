#include "sky/survey.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace asterism::sky {
namespace {

TEST(Survey, DepthsAreThePublishedOnes) {
  EXPECT_EQ(legacy_imaging().bands[0].depth_5sigma, 24.7);
  EXPECT_EQ(legacy_imaging().bands[1].depth_5sigma, 23.9);
  EXPECT_EQ(legacy_imaging().bands[3].depth_5sigma, 23.0);
  EXPECT_EQ(legacy_imaging().pixel_scale_arcsec, 0.262);
  EXPECT_EQ(sdss_imaging().bands.size(), 5u);
}

TEST(Survey, FurtherSurveysHaveTheirBandsInOrderOfWavelength) {
  const auto depth = [](const ImagingSurvey& survey, size_t band) { return survey.bands[band].depth_5sigma; };
  EXPECT_EQ(depth(hsc_imaging(), 0), 26.5);
  EXPECT_EQ(depth(hsc_imaging(), 4), 24.4);
  EXPECT_EQ(depth(euclid_imaging(), 0), 26.2);
  EXPECT_EQ(depth(lsst_imaging(), 2), 27.5);
  EXPECT_EQ(depth(hst_imaging(), 1), 27.52);
  for (const ImagingSurvey* survey : {&hsc_imaging(), &euclid_imaging(), &lsst_imaging(), &hst_imaging()}) {
    EXPECT_EQ(int(survey->bands.size()), range_of(survey->group).size());
    for (size_t b = 0; b < survey->bands.size(); ++b) {
      EXPECT_EQ(group_of(survey->bands[b].band), survey->group);
      if (b > 0) {
        EXPECT_GT(band_weights(survey->bands[b].band).pivot_angstrom,
                  band_weights(survey->bands[b - 1].band).pivot_angstrom);
      }
      EXPECT_GT(survey->bands[b].fwhm_arcsec, kNarrowestPsf * survey->pixel_scale_arcsec);
    }
  }
}

TEST(Survey, OtherNights) {
  std::vector<ImagingBand> bands;
  const ImagingSurvey worse = in_other_seeing(legacy_imaging(), 1.5, bands);
  ASSERT_EQ(worse.bands.size(), legacy_imaging().bands.size());
  EXPECT_NEAR(worse.bands[0].fwhm_arcsec, 1.5 * 1.29, 1e-12);
  EXPECT_NEAR(worse.bands[0].depth_5sigma, 24.7 - 2.5 * std::log10(1.5), 1e-12);
  EXPECT_EQ(worse.bands[4].depth_5sigma, legacy_imaging().bands[4].depth_5sigma);  // W1 has no images
  EXPECT_EQ(worse.bands[4].fwhm_arcsec, 0);
  EXPECT_EQ(worse.image, legacy_imaging().image);
  try {
    in_other_seeing(euclid_imaging(), 0.7, bands);
    FAIL() << "a PSF of 1.26 pixels";
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("'euclid-vis' would be 1.26 pixels"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("take 0.95 or more"), std::string::npos) << error.what();
  }
}

TEST(Survey, SpectralGrids) {
  EXPECT_EQ(desi_spectra().pixels, 7781);
  EXPECT_NEAR(desi_spectra().wavelength(7780), 9824.0, 1e-9);
  EXPECT_NEAR(sdss_spectra().wavelength(0), 3800, 1);
  EXPECT_NEAR(sdss_spectra().wavelength(sdss_spectra().pixels - 1), 9200, 5);
  // Resolving power of DESI: 2,000 in the blue to 5,000 in the red; of SDSS 1,800 to 2,200.
  EXPECT_NEAR(3700 / (2.355 * desi_spectra().lsf_sigma(3700)), 2400, 400);
  EXPECT_NEAR(9000 / (2.355 * desi_spectra().lsf_sigma(9000)), 5500, 700);
  EXPECT_NEAR(6500 / (2.355 * sdss_spectra().lsf_sigma(6500)), 2000, 250);
}

TEST(Survey, GridsOfLowResolution) {
  EXPECT_NEAR(vipers_spectra().wavelength(vipers_spectra().pixels - 1), 9497.3, 1e-9);
  EXPECT_NEAR(7500 / (2.3548 * vipers_spectra().lsf_sigma(7500)), 220, 5);
  EXPECT_EQ(vipers_spectra().lsf_sigma(5500), vipers_spectra().lsf_sigma(9500));
  EXPECT_NEAR(slitless_spectra().wavelength(0), 12060, 1e-9);
  EXPECT_NEAR(slitless_spectra().wavelength(slitless_spectra().pixels - 1), 18907.4, 1e-9);
  EXPECT_NEAR(15500 / (2.3548 * slitless_spectra().lsf_sigma(15500)), 450, 5);
}

// Of a source of an AB magnitude, per pixel between sky lines.
double signal_to_noise(const SpectralSurvey& s, double magnitude, double w) {
  const double flux = 1e17 * std::pow(10.0, -0.4 * magnitude) * astro::ab_flux_density(w);
  return flux / std::sqrt(std::pow(s.dark_noise(w), 2) + flux * s.photon_noise(w));
}

TEST(Survey, SdssReachesItsStatedSignalToNoise) {
  // (S/N)^2 of 15 per pixel at g = 20.25 and i = 19.9 (York et al. 2000), within a third.
  EXPECT_NEAR(signal_to_noise(sdss_spectra(), 20.25, 4750), std::sqrt(15.0), 1.3);
  EXPECT_NEAR(signal_to_noise(sdss_spectra(), 19.9, 7300), std::sqrt(15.0), 1.3);
}

TEST(Survey, LowResolutionReachesItsStatedDepth) {
  EXPECT_NEAR(signal_to_noise(vipers_spectra(), 22.5, 7600), 5.5, 1);
  // A line of 2e-16 erg/s/cm^2 at 16,000 A, weighed by its shape, at 3.5 sigma.
  const SpectralSurvey& s = slitless_spectra();
  const double sigma = s.lsf_sigma(16000) / s.step;
  const double error = s.dark_noise(16000) * s.step * std::sqrt(2 * std::sqrt(std::numbers::pi) * sigma);
  EXPECT_NEAR(20 / error, 3.5, 0.1);
  EXPECT_EQ(sky_line_variance(15000, s.lsf_sigma(15000)), 1) << "there is no atmosphere";
  EXPECT_EQ(telluric_transmission(15000), 1);
}

TEST(Survey, SkyLinesAreLoudWhereTheyAre) {
  EXPECT_GT(sky_line_variance(5578.9, 0.7), 30);
  EXPECT_LT(sky_line_variance(6600, 0.7), 1.05);
  EXPECT_GT(sky_line_variance(8888.3, 0.7), 30);
  EXPECT_EQ(telluric_transmission(6500), 1);
  EXPECT_LT(telluric_transmission(7610), 0.65);
}

}  // namespace
}  // namespace asterism::sky
