#include "sky/cube.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/lines.h"
#include "modalities/cube.h"
#include "sky/draw.h"
#include "sky/rotation.h"
#include "sky/sed.h"

namespace asterism::sky {
namespace {

struct Drawn {
  ObjectTruth truth;
  ObjectLight light;
};

// Star-forming galaxies that fit into the frame, the brightest first come.
std::vector<Drawn> galaxies(size_t n, double largest_arcsec = 2) {
  SkySettings settings;
  settings.star_weight = settings.quasar_weight = 0;
  settings.r_spectroscopic = settings.r_faint = 17;
  settings.spectroscopic_share = 1;
  std::vector<Drawn> out;
  for (int64_t i = 0; out.size() < n; ++i) {
    Drawn one;
    one.truth = draw_object_and_light(5, i, settings, one.light);
    const auto& g = one.truth.galaxy;
    if (!g.quiescent && g.disc.half_light_arcsec < largest_arcsec && g.log_ssfr > -10.5) out.push_back(one);
  }
  return out;
}

// The sum over the frame is the light of the object in a wide fibre, plane by plane.
TEST(Cube, TheSumOverTheFrameIsTheObjectsSpectrum) {
  for (const auto& [truth, light] : galaxies(3)) {
    const auto cube = noiseless_cube(truth, light, manga_cubes());
    const auto whole = sed_of(truth, light, 1, 1, false);
    const auto plane = size_t(manga_cubes().size * manga_cubes().size);
    double in_cube = 0, in_all = 0;
    for (int k = 300; k < 500; ++k)
      for (size_t p = 0; p < plane; ++p)
        in_cube += double(cube.flux[size_t(k) * plane + p]) * manga_cubes().wavelength(k);
    for (int i = 0; i < kFineCells; ++i) {
      const double w = fine_angstrom(i) * (1 + truth.redshift);
      if (w < manga_cubes().wavelength(299.5) || w > manga_cubes().wavelength(499.5)) continue;
      in_all += double(whole.continuum.fine[size_t(i)]) * w / 10;  // cells are a tenth of a plane
    }
    for (const auto& line : whole.lines)
      if (line.observed_angstrom > manga_cubes().wavelength(299.5) &&
          line.observed_angstrom < manga_cubes().wavelength(499.5))
        in_all += line.flux / (5e-4 * std::log(10.0));
    EXPECT_GT(in_cube / in_all, 0.7) << truth.id();  // wings of the PSF and the profile lie outside
    EXPECT_LT(in_cube / in_all, 1.005) << truth.id();
  }
}

// H alpha where the gas turns towards us lies bluer than where it recedes.
TEST(Cube, LinesFollowTheVelocityField) {
  int measured = 0;
  for (const auto& drawn : galaxies(12, 4)) {
    const auto& truth = drawn.truth;
    if (draw_rotation(truth).fastest_kms() < 120) continue;
    const auto& survey = manga_cubes();
    const auto cube = noiseless_cube(truth, drawn.light, survey);
    const auto plane = size_t(survey.size * survey.size);
    const auto [low, high] = std::minmax_element(cube.velocity.begin(), cube.velocity.end());
    const auto centre = [&](size_t p) {
      const double expected = astro::line_angstrom("Halpha") * (1 + truth.redshift);
      double sum = 0, moment = 0, beside = 0, planes = 0;
      for (int k = 0; k < survey.planes; ++k) {  // the continuum beyond [NII]
        const double off = std::abs(survey.wavelength(k) / expected - 1);
        if (off > 0.005 && off < 0.008) beside += double(cube.flux[size_t(k) * plane + p]), ++planes;
      }
      for (int k = 0; k < survey.planes; ++k) {
        if (std::abs(survey.wavelength(k) / expected - 1) > 0.0018) continue;  // [NII] begins
        const double line = double(cube.flux[size_t(k) * plane + p]) - beside / planes;
        sum += line;
        moment += line * survey.wavelength(k);
      }
      return (moment / sum / expected - 1) * 299792.458;
    };
    const double difference =
        centre(size_t(high - cube.velocity.begin())) - centre(size_t(low - cube.velocity.begin()));
    EXPECT_GT(difference, 0.3 * double(*high - *low))
        << truth.id();  // absorption dilutes it, and the window cuts its wings
    EXPECT_LT(difference, 1.1 * double(*high - *low));
    EXPECT_LE(double(*high), draw_rotation(truth).fastest_kms() * 1.001);
    ++measured;
  }
  EXPECT_GT(measured, 2);
}

TEST(Cube, NoiseIsWhatItsVarianceSays) {
  const auto drawn = galaxies(1)[0];
  for (const auto* survey : {&manga_cubes(), &muse_cubes()}) {
    const auto clean = noiseless_cube(drawn.truth, drawn.light, *survey);
    auto block = modalities::make_cubes(2, survey->planes, survey->size, survey->size, "1e-17 erg/s/cm^2/Angstrom",
                                        survey->pixel_scale_arcsec);
    observe_cube(drawn.truth, clean, *survey, true, block, 1);
    EXPECT_EQ(block.present[0], 0);
    EXPECT_NO_THROW(modalities::check("cube", block));
    double chi2 = 0, good = 0, values = 0;
    const auto size = size_t(survey->planes * survey->size * survey->size);
    for (size_t i = 0; i < size; ++i) {
      ++values;
      if (block.mask[size + i] != 0) continue;
      chi2 += std::pow(double(block.flux[size + i]) - double(clean.flux[i]), 2) * double(block.ivar[size + i]);
      ++good;
    }
    EXPECT_NEAR(chi2 / good, 1, 0.03) << survey->cube;
    EXPECT_GT(good / values, survey->hexagon ? 0.6 : 0.9);
    if (survey->hexagon) {
      EXPECT_LT(good / values, 0.85);
    }
  }
}

TEST(Cube, TheFieldIsAHexagon) {
  EXPECT_FALSE(in_field(manga_cubes(), 0, 0));
  EXPECT_FALSE(in_field(manga_cubes(), 23, 23));
  EXPECT_TRUE(in_field(manga_cubes(), 12, 0));
  EXPECT_TRUE(in_field(manga_cubes(), 2, 12));
  EXPECT_TRUE(in_field(muse_cubes(), 0, 0));
}

}  // namespace
}  // namespace asterism::sky
