#include "eval/questions/cube_measures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "modalities/cube.h"

namespace asterism::eval {
namespace {

// A slope with H alpha of `flux` in each spaxel p, times p.
modalities::CubeBlock with_halpha(double flux) {
  auto out = modalities::make_cubes(1, 400, 2, 2, "1e-17 erg/s/cm^2/Angstrom", 0.5);
  out.present[0] = 1;
  for (int64_t k = 0; k < 400; ++k) {
    const double w = 6000 * std::pow(10, 5e-4 * double(k)), x = (w - 6564.614) / 5;
    out.wavelength_angstrom[size_t(k)] = float(w);
    for (int64_t p = 0; p < 4; ++p) {
      const auto at = size_t(k * 4 + p);
      out.flux[at] = float(1 + (w - 6564.614) / 1000 + double(p) * flux * std::exp(-0.5 * x * x) / (5 * 2.5066));
      out.ivar[at] = 100;
      out.mask[at] = 0;
    }
  }
  return out;
}

TEST(CubeMeasures, LineMapsAreTheFluxAboveTheContinuum) {
  const auto observed = with_halpha(30), rebuilt = with_halpha(20);
  const auto map = line_map(observed, rebuilt, 0, 6564.614);
  for (size_t p = 0; p < 4; ++p) {
    EXPECT_NEAR(map.observed[p].flux, 30 * double(p), 0.04 * 30 * double(p) + 0.1);
    EXPECT_NEAR(map.rebuilt[p], 20 * double(p), 0.04 * 20 * double(p) + 0.1);
    // three planes of 7.6 A at an error of 0.1, and the continuum's
    EXPECT_NEAR(map.observed[p].error, 0.1 * 7.56 * std::sqrt(3.0), 0.5);
  }
  EXPECT_EQ(line_map(observed, rebuilt, 0, 9900).observed[3].error, 0);
}

TEST(CubeMeasures, AMaskedWindowIsNotMeasured) {
  auto observed = with_halpha(30);
  const auto rebuilt = observed;
  for (size_t k = 0; k < 400; ++k)
    if (std::abs(observed.wavelength_angstrom[k] - 6564) < 5) {
      observed.mask[k * 4 + 2] = 1;
      observed.ivar[k * 4 + 2] = observed.flux[k * 4 + 2] = 0;
    }
  const auto map = line_map(observed, rebuilt, 0, 6564.614);
  EXPECT_EQ(map.observed[2].error, 0);
  EXPECT_GT(map.observed[3].error, 0);
}

TEST(CubeMeasures, ChiSquareAndSignalOfEachSpaxel) {
  auto observed = with_halpha(0), rebuilt = observed;
  for (size_t k = 0; k < 400; ++k) {
    rebuilt.flux[k * 4 + 1] += 0.2F;
    observed.mask[k * 4] = 1;
    observed.flux[k * 4] = observed.ivar[k * 4] = 0;
  }
  const auto chi2 = spaxel_chi_squares(observed, rebuilt, 0), ratio = spaxel_signal_to_noise(observed, 0);
  EXPECT_TRUE(std::isnan(chi2[0]));
  EXPECT_NEAR(chi2[1], 4, 1e-3);
  EXPECT_EQ(chi2[2], 0);
  EXPECT_TRUE(std::isnan(ratio[0]));
  EXPECT_NEAR(ratio[2], 10 * (1 + (double(observed.wavelength_angstrom[200]) - 6564.614) / 1000), 0.1);
}

}  // namespace
}  // namespace asterism::eval
