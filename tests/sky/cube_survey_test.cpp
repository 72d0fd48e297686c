#include "sky/cube_survey.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::sky {
namespace {

TEST(CubeSurvey, GridsAreWhatTheirCommentsSay) {
  EXPECT_NEAR(manga_cubes().wavelength(0), 3622.4, 0.1);
  EXPECT_NEAR(std::log10(manga_cubes().wavelength(1) / manga_cubes().wavelength(0)), 5e-4, 1e-9);
  EXPECT_NEAR(muse_cubes().wavelength(0), 4752.9, 0.1);
  EXPECT_NEAR(muse_cubes().wavelength(799), 9347.1, 0.1);
}

// MaNGA: S/N 4 to 8 per Angstrom and 2" fibre at 23 AB mag/arcsec^2 in r.
TEST(CubeSurvey, MangaIsAsDeepAsItIs) {
  const auto& survey = manga_cubes();
  const int plane = 480;  // 6,300 A
  const double w = survey.wavelength(plane), width = survey.wavelength(plane + 1) - w;
  const double flux = 3.631e-20 * std::pow(10, -0.4 * 23) * 2.998e18 / (w * w) * 1e17;  // per square arcsecond
  const double fibre = 3.1416, spaxels = fibre / 0.25;
  const double noise = std::sqrt(survey.sky_variance(plane) * width * spaxels);  // of a fibre, per root Angstrom
  EXPECT_GT(flux * fibre / noise, 4);
  EXPECT_LT(flux * fibre / noise, 8);
}

TEST(CubeSurvey, SkyLinesAndPhotonsAddNoise) {
  for (const auto* survey : {&manga_cubes(), &muse_cubes()}) {
    int line = 0;
    while (survey->wavelength(line + 0.5) < 5578.9) ++line;
    EXPECT_GT(survey->sky_variance(line), 2 * survey->sky_variance(line - 12)) << survey->cube;
    for (int k = 0; k < survey->planes; ++k) {
      EXPECT_GT(survey->sky_variance(k), 0);
      EXPECT_GT(survey->photon_variance(k), 0);
    }
  }
}

}  // namespace
}  // namespace asterism::sky
