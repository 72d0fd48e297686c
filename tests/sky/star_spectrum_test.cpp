#include "sky/star_spectrum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "astro/filter.h"
#include "astro/photometry.h"

namespace asterism::sky {
namespace {

const StarModel& model() {
  static const StarModel made;
  return made;
}

double mean(const ModelSpectrum& s, double low, double high) {
  double sum = 0;
  int n = 0;
  for (int i = 0; i < kFineCells; ++i)
    if (fine_angstrom(i) > low && fine_angstrom(i) < high) {
      sum += double(s.fine[size_t(i)]);
      ++n;
    }
  return sum / n;
}

double colour(const ModelSpectrum& s, const char* blue, const char* red) {
  std::vector<double> w, f;
  for (int i = 0; i < kCoarseCells; ++i) {
    w.push_back(coarse_angstrom(i));
    f.push_back(double(s.coarse[size_t(i)]));
  }
  return astro::magnitude_of(astro::filter(blue).nanomaggies(w, f)) -
         astro::magnitude_of(astro::filter(red).nanomaggies(w, f));
}

TEST(StarSpectrum, MainSequenceColours) {
  // ugriz colours of the main sequence, after Covey et al. 2007 (AJ 134, 2398) and the temperatures of its types.
  const struct {
    double teff, gr, ri;
  } kLocus[] = {{15000, -0.37, -0.27}, {8000, 0.0, -0.08}, {7000, 0.2, 0.04}, {6000, 0.38, 0.12},
                {5000, 0.75, 0.26},    {4000, 1.3, 0.62},  {3400, 1.43, 1.2}};
  for (const auto& star : kLocus) {
    const ModelSpectrum s = model().spectrum(star.teff, star.teff < 3600 ? 4.9 : 4.4, 0);
    EXPECT_NEAR(colour(s, "sdss2010-g", "sdss2010-r"), star.gr, 0.18) << star.teff;
    EXPECT_NEAR(colour(s, "sdss2010-r", "sdss2010-i"), star.ri, 0.15) << star.teff;
  }
}

TEST(StarSpectrum, FeaturesOfEachType) {
  const ModelSpectrum a = model().spectrum(9500, 4.2, 0), g = model().spectrum(5700, 4.4, 0),
                      m = model().spectrum(3300, 4.9, 0);
  EXPECT_LT(mean(a, 4855, 4870), 0.75 * mean(a, 4780, 4810));  // H beta
  EXPECT_LT(mean(g, 3930, 3940), 0.45 * mean(g, 4010, 4030));  // Ca K
  EXPECT_LT(mean(m, 7060, 7150), 0.9 * mean(m, 7030, 7050));   // TiO
  EXPECT_LT(mean(a, 3550, 3630), 0.7 * mean(a, 3900, 3930));   // Balmer jump
  const ModelSpectrum poor = model().spectrum(5700, 4.4, -2);
  EXPECT_GT(mean(poor, 3930, 3940) / mean(poor, 4010, 4030), mean(g, 3930, 3940) / mean(g, 4010, 4030));
  EXPECT_LT(colour(poor, "sdss2010-u", "sdss2010-g"), colour(g, "sdss2010-u", "sdss2010-g") - 0.15);
}

TEST(StarSpectrum, IntegratesToOneAndIsFinite) {
  for (const double teff : {2600.0, 5000.0, 20000.0, 45000.0}) {
    const ModelSpectrum s = model().spectrum(teff, 4, -0.5);
    double sum = 0;
    for (int i = 0; i < kCoarseCells; ++i) {
      ASSERT_TRUE(std::isfinite(s.coarse[size_t(i)]) && s.coarse[size_t(i)] >= 0);
      sum += double(s.coarse[size_t(i)]) * coarse_angstrom(i) * kCoarseStep * std::numbers::ln10;
    }
    EXPECT_NEAR(sum, 1, 1e-4);
  }
}

}  // namespace
}  // namespace asterism::sky
