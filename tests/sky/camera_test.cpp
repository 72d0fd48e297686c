#include "sky/camera.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/photometry.h"
#include "modalities/image.h"
#include "sky/draw.h"
#include "sky/library.h"

namespace asterism::sky {
namespace {

TEST(Camera, ImageHoldsTheScalarFlux) {
  for (int64_t i = 0; i < 40; ++i) {
    const ObjectTruth t = draw_object(31, i);
    if (t.kind == ObjectClass::galaxy && t.galaxy.half_light_arcsec > 2) continue;  // spills over the stamp
    const ObjectLight light = light_of(t);
    const auto image = noiseless_image(t, light, legacy_imaging());
    for (size_t b = 0; b < 4; ++b) {
      double sum = 0;
      for (size_t k = 0; k < 96 * 96; ++k) sum += double(image[b * 96 * 96 + k]);
      const double flux = light.total[size_t(legacy_imaging().bands[b].band)];
      EXPECT_NEAR(sum / flux, 1, t.kind == ObjectClass::galaxy ? 0.06 : 0.003) << t.id() << " band " << b;
    }
  }
}

// Light in the bands of the survey.
ObjectLight light_for(const ObjectTruth& t, const ImagingSurvey& survey) {
  ObjectLight light = light_of(t);
  if (survey.group == BandGroup::first) return light;
  photometry_of(survey.group);
  add_light(t, survey.group, light);
  return light;
}

TEST(Camera, FurtherSurveysHoldTheScalarFlux) {
  for (const ImagingSurvey* survey : {&hsc_imaging(), &euclid_imaging(), &lsst_imaging()}) {
    int checked = 0;
    for (int64_t i = 0; i < 25; ++i) {
      const ObjectTruth t = draw_object(31, i);
      if (t.kind == ObjectClass::galaxy && t.galaxy.half_light_arcsec > 1) continue;  // spills over the stamp
      const ObjectLight light = light_for(t, *survey);
      const auto image = noiseless_image(t, light, *survey);
      const size_t size = size_t(survey->size * survey->size);
      for (size_t b = 0; b < survey->bands.size(); ++b) {
        double sum = 0;
        for (size_t k = 0; k < size; ++k) sum += double(image[b * size + k]);
        const double flux = light.total[size_t(survey->bands[b].band)];
        EXPECT_NEAR(sum / flux, 1, t.kind == ObjectClass::galaxy ? 0.06 : 0.01) << t.id() << " " << survey->image << b;
        ++checked;
      }
    }
    EXPECT_GT(checked, 40);
  }
}

TEST(Camera, NoiseIsWhatTheInverseVarianceSays) {
  for (const ImagingSurvey* survey :
       {&legacy_imaging(), &sdss_imaging(), &hsc_imaging(), &euclid_imaging(), &lsst_imaging()}) {
    modalities::ImageBlock block = empty_images(*survey, 6);
    const size_t size = size_t(survey->size * survey->size), bands = block.bands.size();
    double blank = 0, all = 0;
    int64_t n_blank = 0, n = 0, masked = 0;
    for (int64_t row = 0; row < 6; ++row) {
      const ObjectTruth t = draw_object(41, row);
      const ObjectLight light = light_for(t, *survey);
      observe_image(t, light, *survey, true, block, row);
      const auto clean = noiseless_image(t, light, *survey);
      const Conditions conditions = conditions_of(t, *survey);
      for (size_t k = 0; k < bands * size; ++k) {
        const size_t i = size_t(row) * bands * size + k;
        if (block.mask[i]) {
          ++masked;
          continue;
        }
        const double d = double(block.flux[i]) - double(clean[k]), sky = conditions.pixel_noise[k / size];
        all += d * d * double(block.ivar[i]);
        ++n;
        if (double(clean[k]) < 1e-3 * sky) {
          blank += double(block.flux[i]) * double(block.flux[i]) * double(block.ivar[i]);
          ++n_blank;
        }
      }
    }
    modalities::check("image", block);
    // 2%: the published variance is an estimate from the observed flux.
    EXPECT_NEAR(all / double(n), 1, 0.02 + 5 * std::sqrt(2.0 / double(n)));
    EXPECT_GT(n_blank, 1000);
    EXPECT_NEAR(blank / double(n_blank), 1, 0.02 + 5 * std::sqrt(2.0 / double(n_blank)));
    EXPECT_GT(masked, 0);
  }
}

// As the cutouts of the real survey: counts, no variances, no PSF; a bare image holds a nanomaggy's worth of electrons.
TEST(Camera, BareImagesSayNoMoreThanTheirFiles) {
  ObjectTruth t = draw_object(61, 0);
  for (int64_t i = 1; t.kind != ObjectClass::star; ++i) t = draw_object(61, i);
  t.r_magnitude = 20;
  const ObjectLight light = light_for(t, hst_imaging());
  modalities::ImageBlock block = empty_images(hst_imaging(), 1);
  observe_image(t, light, hst_imaging(), true, block, 0);
  modalities::check("image_hst", block);
  EXPECT_EQ(block.unit, "counts");
  EXPECT_FALSE(block.has_ivar);
  const size_t size = 128 * 128;
  for (size_t b = 0; b < 2; ++b) {
    EXPECT_EQ(block.psf_fwhm_arcsec[b], 0);
    double sum = 0, seen = 0;
    for (size_t i = b * size; i < (b + 1) * size; ++i) {
      EXPECT_EQ(block.ivar[i], block.mask[i] ? 0.0f : 1.0f);
      sum += double(block.flux[i]);
      seen += block.mask[i] ? 0 : 1;
    }
    const double zero_point = b == 0 ? 26.486 : 25.937;
    const double magnitude = astro::magnitude_of(light.total[size_t(hst_imaging().bands[b].band)]);
    if (seen > 0.98 * double(size)) {
      EXPECT_NEAR(zero_point - 2.5 * std::log10(sum), magnitude, 0.02) << b;
    }
  }
}

TEST(Camera, FluxErrorsAreHonestAndReachTheDepth) {
  double chi2 = 0;
  int n = 0;
  for (int64_t i = 0; i < 600; ++i) {
    const ObjectTruth t = draw_object(51, i);
    const ObjectLight light = light_of(t);
    const auto fluxes = observe_fluxes(t, light, legacy_imaging());
    for (size_t b = 0; b < fluxes.size(); ++b) {
      const double d = (fluxes[b].value - light.total[size_t(legacy_imaging().bands[b].band)]) / fluxes[b].error;
      chi2 += d * d;
      ++n;
    }
    if (t.kind == ObjectClass::galaxy || t.r_magnitude < 22.5) continue;
    const double depth = astro::magnitude_of(5 * fluxes[1].error);  // of a faint point source: sky alone
    EXPECT_NEAR(depth, 23.9, 0.45);
  }
  EXPECT_NEAR(chi2 / n, 1, 0.05 + 5 * std::sqrt(2.0 / n));  // 5%: the error is an estimate
}

// An optimal fit of the true profile to the pixels has the error that the scalar states.
TEST(Camera, PixelsOfAPointSourceHaveTheStatedDepth) {
  ObjectTruth t = draw_object(61, 0);
  for (int64_t i = 1; t.kind != ObjectClass::star; ++i) t = draw_object(61, i);
  t.r_magnitude = 23;
  const ObjectLight light = light_of(t);
  const auto image = noiseless_image(t, light, legacy_imaging());
  modalities::ImageBlock block = empty_images(legacy_imaging(), 1);
  observe_image(t, light, legacy_imaging(), false, block, 0);
  const auto fluxes = observe_fluxes(t, light, legacy_imaging());
  for (size_t b = 0; b < 4; ++b) {
    double information = 0;
    const double flux = light.total[size_t(legacy_imaging().bands[b].band)];
    for (size_t k = b * 96 * 96; k < (b + 1) * 96 * 96; ++k)
      information += std::pow(double(image[k]) / flux, 2) * double(block.ivar[k]);
    EXPECT_NEAR(1 / std::sqrt(information) / fluxes[b].error, 1, 0.06);
  }
}

}  // namespace
}  // namespace asterism::sky
