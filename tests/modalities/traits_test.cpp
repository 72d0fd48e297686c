#include "modalities/traits.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "modalities/catalog.h"
#include "modalities/cube.h"
#include "modalities/image.h"
#include "modalities/light_curve.h"
#include "modalities/map.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"
#include "modalities/vector.h"

namespace asterism::modalities {
namespace {

Trait named(const Block& block, const std::string& what) {
  for (auto& trait : traits_of(block))
    if (trait.what == what) return trait;
  ADD_FAILURE() << "no trait '" << what << "'";
  return {what, "", false, {NAN, NAN, NAN}};
}

TEST(Traits, OfNumbersValueAndError) {
  auto b = make_scalars(2, "nanomaggy", true);
  b.present[1] = 1;
  b.value[1] = 3;
  b.error[1] = 0.25;
  EXPECT_EQ(named(b, "value").unit, "nanomaggy");
  EXPECT_TRUE(named(b, "value").measured);
  EXPECT_FALSE(named(b, "error").measured);
  EXPECT_TRUE(std::isnan(named(b, "value").value[0])) << "absent";
  EXPECT_EQ(named(b, "value").value[1], 3);
  EXPECT_EQ(named(b, "error").value[1], 0.25);
  EXPECT_EQ(traits_of(make_scalars(2, "", false)).size(), 1u);
}

TEST(Traits, OfImagesBandByBand) {
  auto b = make_images(2, {{"g", 4800, 1300}, {"r", 6400, 1400}}, 2, 2, "nanomaggy", 0.25, true);
  b.present[1] = 1;
  for (size_t i = 8; i < 16; ++i) b.flux[i] = float(i), b.ivar[i] = 4, b.mask[i] = 0;
  b.mask[8] = 1;
  b.ivar[8] = 0;
  b.psf_fwhm_arcsec[3] = 1.5;
  EXPECT_EQ(named(b, "flux in g").value[1], 9 + 10 + 11) << "without the masked pixel";
  EXPECT_EQ(named(b, "flux in r").value[1], 12 + 13 + 14 + 15);
  EXPECT_TRUE(std::isnan(named(b, "flux in r").value[0]));
  EXPECT_EQ(named(b, "noise in r").value[1], 0.5);
  EXPECT_TRUE(std::isnan(named(b, "seeing in g").value[1]));
  EXPECT_EQ(named(b, "seeing in r").value[1], 1.5);
  EXPECT_EQ(named(b, "pixel scale").value[1], 0.25);
  b.mask.assign(b.mask.size(), 1);
  EXPECT_TRUE(std::isnan(named(b, "flux in g").value[1])) << "nothing is known of it";
}

TEST(Traits, OfSpectraAndCubesFluxAndWavelengths) {
  auto b = make_spectra(2, 4, "1e-17 erg/s/cm^2/Angstrom");
  b.present[0] = 1;
  for (size_t i = 0; i < 3; ++i) {  // the fourth is padding
    b.wavelength_angstrom[i] = 4000 + float(i);
    b.flux[i] = float(i * i);
    b.ivar[i] = 4;
    b.mask[i] = 0;
  }
  EXPECT_EQ(named(b, "flux").value[0], 1);
  EXPECT_EQ(named(b, "noise").value[0], 0.5);
  EXPECT_EQ(named(b, "first wavelength").value[0], 4000);
  EXPECT_EQ(named(b, "last wavelength").value[0], 4002);
  EXPECT_TRUE(std::isnan(named(b, "last wavelength").value[1]));
  auto cube = make_cubes(1, 2, 1, 2, "1e-17 erg/s/cm^2/Angstrom", 0.2);
  cube.present[0] = 1;
  cube.wavelength_angstrom = {5000, 5001};
  cube.flux = {1, 2, 3, 9};
  cube.ivar = {1, 1, 1, 0};
  cube.mask = {0, 0, 0, 1};
  EXPECT_EQ(named(cube, "flux").value[0], 2);
  EXPECT_EQ(named(cube, "last wavelength").value[0], 5001);
}

TEST(Traits, OfLightCurvesBandByBandWithoutLimits) {
  auto b = make_light_curves(2, 4, {{"g", 4800, 1300}, {"r", 6400, 1400}}, "mag", "MJD");
  set_points(b, 0,
             {{.time_day = 10, .band = 0, .value = 20, .error = 0.1f},
              {.time_day = 12, .band = 0, .value = 21, .error = 0.1f},
              {.time_day = 13, .band = 0, .value = 22, .error = 0.1f},
              {.time_day = 90, .band = 1, .value = 23, .error = 0, .masked = true, .upper_limit = true}});
  EXPECT_EQ(named(b, "value in g").value[0], 21);
  EXPECT_EQ(named(b, "measurements in g").value[0], 3);
  EXPECT_TRUE(std::isnan(named(b, "value in r").value[0]));
  EXPECT_EQ(named(b, "days from first to last").value[0], 3);
  EXPECT_TRUE(std::isnan(named(b, "days from first to last").value[1]));
}

TEST(Traits, OfRealVectorsTheLengthAndOfTheRestNothing) {
  auto b = make_vectors(1, 2);
  b.present[0] = 1;
  b.value = {3, 4};
  EXPECT_EQ(named(b, "length").value[0], 5);
  EXPECT_TRUE(traits_of(make_vectors(1, 2, 10)).empty());
  EXPECT_TRUE(traits_of(CatalogBlock{}).empty());
  EXPECT_TRUE(traits_of(MapBlock{}).empty());
}

}  // namespace
}  // namespace asterism::modalities
