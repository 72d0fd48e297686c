#include "eval/questions/cube_components.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "modalities/cube.h"

namespace asterism::eval {
namespace {

// Mixtures of two spectra, brighter in the middle; the first spaxel was not observed.
modalities::CubeBlock mixtures(int64_t n, double noise) {
  auto out = modalities::make_cubes(n, 40, 6, 6, "1e-17 erg/s/cm^2/Angstrom", 0.5);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(3, 0, uint64_t(i), "mixtures");
    const double share = random.uniform(), level = random.uniform(0.5, 2);
    out.present[size_t(i)] = 1;
    for (int64_t k = 0; k < 40; ++k) {
      out.wavelength_angstrom[size_t(i * 40 + k)] = float(5000 + 10 * k);
      for (int64_t p = 1; p < 36; ++p) {
        const double r = std::hypot(double(p / 6) - 2.5, double(p % 6) - 2.5), blue = share * std::exp(-r / 4);
        const double truth =
            level * (blue * (1 - double(k) / 40) + (1 - blue) * (k == 20 ? 3 : 0.5)) * std::exp(-r / 3);
        const auto at = size_t((i * 40 + k) * 36 + p);
        out.flux[at] = float(truth + noise * random.normal());
        out.ivar[at] = float(1 / (noise * noise));
        out.mask[at] = 0;
      }
    }
  }
  return out;
}

double chi2_per_value(const modalities::CubeBlock& observed, const modalities::CubeBlock& made) {
  double sum = 0, n = 0;
  for (size_t i = 0; i < made.flux.size(); ++i) {
    if (observed.mask[i] != 0 || made.mask[i] != 0) continue;
    sum += std::pow(double(observed.flux[i] - made.flux[i]), 2) * double(observed.ivar[i]);
    ++n;
  }
  return sum / n;
}

TEST(CubeComponents, ManyBitsKeepMixturesAndFewDoNot) {
  const auto cubes = mixtures(12, 0.05);
  const std::vector<int64_t> train{0, 1, 2, 3, 4, 5, 6, 7}, test{8, 9, 10, 11};
  const auto observed = modalities::select(cubes, test);
  const auto many = components_of_spaxels(cubes, train, test, 36 * 40, 1);
  const auto few = components_of_spaxels(cubes, train, test, 36 * 7, 1);
  ASSERT_TRUE(many && few);
  EXPECT_EQ(many->n, 4);
  EXPECT_NO_THROW(modalities::check("made", *many));
  EXPECT_LT(chi2_per_value(observed, *many), 1.15);
  EXPECT_GT(chi2_per_value(observed, *few), 1.3 * chi2_per_value(observed, *many));
  EXPECT_EQ(many->mask[0], 1);  // the spaxel that was not observed
  EXPECT_EQ(many->mask[1], 0);
}

TEST(CubeComponents, LargerSpaxelsHaveMoreBitsEach) {
  const auto cubes = mixtures(8, 0.2);
  const std::vector<int64_t> train{0, 1, 2, 3, 4, 5}, test{6, 7};
  EXPECT_FALSE(components_of_spaxels(cubes, train, test, 36 * 5, 1).has_value());  // no bits beside a scale
  const auto joined = components_of_spaxels(cubes, train, test, 36 * 5, 2);
  ASSERT_TRUE(joined.has_value());
  EXPECT_EQ(joined->height, 6);
  EXPECT_NEAR(joined->pixel_scale_arcsec, 0.5, 1e-12);
  EXPECT_LT(chi2_per_value(modalities::select(cubes, test), *joined), 4);
}

TEST(CubeComponents, FlatSpectraAreMeans) {
  const auto cubes = mixtures(2, 0.1), flat = flat_spectra(cubes);
  EXPECT_NO_THROW(modalities::check("flat", flat));
  double mean = 0;
  for (size_t k = 0; k < 40; ++k) mean += double(cubes.flux[(40 + k) * 36 + 17]) / 40;
  EXPECT_NEAR(flat.flux[40 * 36 + 17], mean, 1e-5);
  EXPECT_EQ(flat.flux[(40 + 39) * 36 + 17], flat.flux[40 * 36 + 17]);
  EXPECT_EQ(flat.mask[0], 1);
}

TEST(CubeComponents, DifferingWavelengthsHaveNone) {
  auto cubes = mixtures(4, 0.1);
  cubes.wavelength_angstrom[40] += 1;
  EXPECT_FALSE(components_of_spaxels(cubes, {0, 1}, {2, 3}, 5000, 1).has_value());
  EXPECT_TRUE(components_of_spaxels(cubes, {0, 2}, {3}, 5000, 1).has_value());
}

TEST(CubeComponents, BinsAreWeightedMeans) {
  auto cubes = mixtures(1, 0.1);
  for (const size_t p : {2, 3, 8, 9}) cubes.flux[p] = float(p);
  cubes.ivar[9] *= 2;
  const auto bins = binned(cubes, 2);
  EXPECT_EQ(bins.height, 3);
  EXPECT_NEAR(bins.flux[1], (2 + 3 + 8 + 2 * 9) / 5.0, 1e-4);
  EXPECT_NEAR(bins.ivar[1], 500, 0.1);
  EXPECT_NEAR(bins.ivar[0], 300, 0.1);  // one of four is missing
  const auto odd = binned(cubes, 4);
  EXPECT_EQ(odd.height, 2);
  EXPECT_NO_THROW(modalities::check("bins", odd));
}

}  // namespace
}  // namespace asterism::eval
