#include "sky/gaia.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/photometry.h"
#include "modalities/vector.h"
#include "sky/draw.h"
#include "sky/library.h"
#include "sky/sed.h"

namespace asterism::sky {
namespace {

constexpr double kStep = 60.0 / kXpSamples;

ObjectTruth object_of(ObjectClass kind, double r, int64_t from) {
  ObjectTruth t = draw_object(81, from);
  while (t.kind != kind) t = draw_object(81, ++from);
  t.r_magnitude = r;
  return t;
}

ObjectLight gaia_light(const ObjectTruth& t) {
  photometry_of(BandGroup::gaia);
  ObjectLight light = light_of(t);
  add_light(t, BandGroup::gaia, light);
  return light;
}

TEST(Gaia, TheBasisIsOrthonormal) {
  for (const bool red : {false, true}) {
    const auto& basis = xp_prism(red).basis;
    for (size_t a = 0; a < kXpCoefficients; ++a)
      for (size_t b = 0; b <= a; ++b) {
        double sum = 0;
        for (size_t i = 0; i < kXpSamples; ++i) sum += basis[a][i] * basis[b][i] * kStep;
        EXPECT_NEAR(sum, a == b ? 1 : 0, 1e-9) << a << " " << b;
      }
  }
}

// The electrons of the prism spectrum are those that the band's flux gives: mirror times photons of AB magnitude 22.5.
TEST(Gaia, ThePrismSpectrumHoldsTheLightOfItsBand) {
  for (int64_t i = 0; i < 12; ++i) {
    const ObjectTruth t = object_of(i % 2 ? ObjectClass::star : ObjectClass::quasar, 16, 20 * i);
    const ObjectLight light = gaia_light(t);
    for (const bool red : {false, true}) {
      const BandId band = red ? kGaiaRp : kGaiaBp;
      const auto seen = xp_prism(red).seen(coarse_sed(t, light), t.redshift);
      double sum = 0;
      for (const double s : seen) sum += s * kStep;
      const astro::Filter& filter = astro::filter(filter_name(band));
      double integral = 0;  // of R dln(lambda)
      for (double w = 3000; w < 11500; w += 2) integral += filter.at(w) / w * 2;
      const double photons = 3.6307805e-29 / 6.62607015e-27;  // per cm^2, s and unit ln(lambda)
      EXPECT_NEAR(sum / (light.total[band] * photons * 7250 * integral), 1, 0.02) << t.id() << " red " << red;
    }
  }
}

TEST(Gaia, CoefficientsAreThoseOfTheSpectrumWithinTheirErrors) {
  double chi2 = 0;
  int n = 0;
  for (int64_t i = 0; i < 30; ++i) {
    const ObjectTruth t = object_of(i % 3 ? ObjectClass::star : ObjectClass::quasar, 15 + 0.1 * double(i), 20 * i);
    const ObjectLight light = gaia_light(t);
    for (const bool red : {false, true}) {
      auto value = modalities::make_vectors(1, kXpCoefficients), error = value;
      observe_xp(t, light, red, value, error, 0);
      modalities::check("value", value);
      const auto seen = xp_prism(red).seen(coarse_sed(t, light), t.redshift);
      for (size_t k = 0; k < kXpCoefficients; ++k) {
        double truth = 0;
        for (size_t s = 0; s < kXpSamples; ++s) truth += xp_prism(red).basis[k][s] * seen[s] * kStep;
        chi2 += std::pow((double(value.value[k]) - truth) / double(error.value[k]), 2);
        ++n;
      }
      // Nearly all of the light of a star is in the first functions, which are stars.
      if (t.kind == ObjectClass::star && t.star.teff_k > 3500) {
        double first = 0, all = 0;
        for (size_t k = 0; k < kXpCoefficients; ++k) (k < 5 ? first : all) += std::pow(double(value.value[k]), 2);
        EXPECT_GT(first / (first + all), 0.98) << t.id();
      }
    }
  }
  EXPECT_NEAR(chi2 / n, 1, 0.03 + 5 * std::sqrt(2.0 / n));
}

TEST(Gaia, FluxErrorsAreTheStatedOnesAndHonest) {
  const auto relative = [](double magnitude, size_t band) {
    ObjectTruth t = object_of(ObjectClass::star, magnitude, 0);
    ObjectLight light = gaia_light(t);
    light.total[kGaiaG] = light.total[kGaiaBp] = light.total[kGaiaRp] = astro::nanomaggy_of(magnitude);
    double sum = 0;
    for (t.index = 0; t.index < 200; ++t.index) {
      const FluxMeasure m = observe_gaia_fluxes(t, light)[band];
      sum += m.error / 200 / light.total[kGaiaG];
    }
    return sum * 1.0857;
  };
  EXPECT_NEAR(relative(17, 0), 0.001, 0.0003);
  EXPECT_NEAR(relative(20, 0), 0.006, 0.0015);
  EXPECT_NEAR(relative(17, 1), 0.012, 0.002);
  EXPECT_NEAR(relative(20, 1), 0.108, 0.01);
  EXPECT_NEAR(relative(17, 2), 0.006, 0.001);
  EXPECT_NEAR(relative(20, 2), 0.052, 0.005);
}

TEST(Gaia, SeesPointsDownToItsLimits) {
  const ObjectTruth star = object_of(ObjectClass::star, 16, 0), galaxy = object_of(ObjectClass::galaxy, 16, 0),
                    quasar = object_of(ObjectClass::quasar, 16, 0);
  const double bright = astro::nanomaggy_of(17), middle = astro::nanomaggy_of(19), faint = astro::nanomaggy_of(21.5);
  EXPECT_TRUE(gaia_has_spectra(star, bright));
  EXPECT_FALSE(gaia_has_spectra(star, middle));
  EXPECT_TRUE(gaia_has_source(star, middle));
  EXPECT_TRUE(gaia_has_spectra(quasar, middle));
  EXPECT_FALSE(gaia_has_source(quasar, faint));
  EXPECT_FALSE(gaia_has_source(galaxy, bright));
}

}  // namespace
}  // namespace asterism::sky
