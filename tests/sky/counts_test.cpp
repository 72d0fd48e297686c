#include "sky/counts.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace asterism::sky {
namespace {

TEST(Counts, DrawsFollowTheTable) {
  const CountTable table(
      0.01, 1, [](double r, double z) { return std::pow(10.0, 0.4 * r) * z * std::exp(-z / (0.02 * (r - 9))); });
  base::Random random(2, 0, 0, "counts");
  int bright = 0;
  double mean = 0;
  const int n = 40000;
  for (int i = 0; i < n; ++i) {
    const double r = table.magnitude(16, 20, random.uniform());
    EXPECT_GE(r, 16);
    EXPECT_LE(r, 20);
    bright += r < 19;
    const double z = table.redshift(18, random.uniform(), random.uniform());
    EXPECT_GE(z, 0.01 - 1e-12);
    EXPECT_LE(z, 1);
    mean += z / n;
  }
  const double share = (table.cumulative(19) - table.cumulative(16)) / (table.cumulative(20) - table.cumulative(16));
  EXPECT_NEAR(double(bright) / n, share, 0.01);
  double top = 0, bottom = 0;
  for (double z = 0.01; z < 1; z += 1e-4) {
    top += z * z * std::exp(-z / 0.18);
    bottom += z * std::exp(-z / 0.18);
  }
  EXPECT_NEAR(mean, top / bottom, 0.005);
}

TEST(Counts, SchechterIntegratesAsItsFormulaSays) {
  // At the knee, x = 1: phi e^-1.
  EXPECT_NEAR(kRedGalaxies.at(kRedGalaxies.magnitude, 0), kRedGalaxies.phi * std::exp(-1.0), 1e-12);
  EXPECT_GT(kBlueGalaxies.at(-17, 0), kRedGalaxies.at(-17, 0));  // faint galaxies are blue
  EXPECT_EQ(quasar_density(-20, 1), 0);
  EXPECT_GT(quasar_density(-25, 2), quasar_density(-25, 0.5));
  EXPECT_GT(quasar_density(-25, 2.3), quasar_density(-25, 4));
}

}  // namespace
}  // namespace asterism::sky
