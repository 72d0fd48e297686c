#include "astro/extinction.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::astro {
namespace {

TEST(Extinction, OneAtVAndSteeperToTheBlue) {
  EXPECT_NEAR(calzetti(5500), 1, 0.01);
  EXPECT_NEAR(milky_way(5494.5), 1, 0.01);
  EXPECT_NEAR(small_magellanic_cloud(5500), 1, 1e-12);
  for (double w = 1000; w < 60000; w *= 1.01) {
    EXPECT_GT(calzetti(w), calzetti(w * 1.01)) << w;
    EXPECT_GT(small_magellanic_cloud(w), small_magellanic_cloud(w * 1.01));
    EXPECT_GT(milky_way(w), 0) << w;
  }
}

TEST(Extinction, PublishedValues) {
  // Calzetti et al. 2000: k(V) = 4.05, and E(B-V) = 1 reddens B - V by about 1 (k(B) - k(V)).
  EXPECT_NEAR(4.05 * (calzetti(4400) - calzetti(5500)), 1, 0.1);
  EXPECT_NEAR(4.05 * calzetti(1500), 10.3, 0.15);
  // Cardelli et al. 1989, table 3 at R_V = 3.1: U 1.569, B 1.337, J 0.282, K 0.114 (B and U as of O'Donnell within
  // 0.04).
  EXPECT_NEAR(milky_way(3650), 1.569, 0.04);
  EXPECT_NEAR(milky_way(4400), 1.337, 0.03);
  EXPECT_NEAR(milky_way(12500), 0.282, 0.01);
  EXPECT_NEAR(milky_way(22000), 0.114, 0.005);
  EXPECT_GT(milky_way(2175), milky_way(2500) + 0.5);  // the bump
  EXPECT_NEAR(transmission(2.5), 0.1, 1e-12);
  // Kriek & Conroy 2013: a bump of 0.85 + 1.9 * 0.2 in E(B - V) over the steeper curve.
  EXPECT_NEAR(kriek_conroy(5500), 1, 0.01);
  EXPECT_NEAR(4.05 * (kriek_conroy(2175) / std::pow(2175 / 5500.0, -0.2) - calzetti(2175)), 1.23, 0.01);
  EXPECT_GT(kriek_conroy(1500), 1.25 * calzetti(1500));
}

TEST(Extinction, ContinuousAtItsJoins) {
  for (const double w : {1200.0, 6300.0, 16000.0}) EXPECT_NEAR(calzetti(w - 0.01), calzetti(w + 0.01), 0.02) << w;
  for (const double w : {1e4 / 1.1, 1e4 / 3.3, 1e4 / 5.9, 1e4 / 8})
    EXPECT_NEAR(milky_way(w - 0.01), milky_way(w + 0.01), 0.02) << w;
}

}  // namespace
}  // namespace asterism::astro
