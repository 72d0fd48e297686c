#include "astro/acs_filter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::astro {
namespace {

// Pivot wavelengths of the instrument handbook of the time; zero points of the Groth strip's mosaics (AB 26.486
// and 25.937 for an electron a second) ask for this much throughput, shadows and mirrors included, of a circle of 2.4
// m.
TEST(AcsFilter, AreTheHandbooks) {
  const struct {
    const char* name;
    double pivot, zero_point;
  } expected[] = {{"acs-f606w", 5918, 26.486}, {"acs-f814w", 8060, 25.937}};
  for (const auto& e : expected) {
    const Filter* filter = acs_filter(e.name);
    ASSERT_NE(filter, nullptr);
    EXPECT_NEAR(filter->pivot_wavelength(), e.pivot, 10) << e.name;
    // Photons a second and cm^2 of an AB source: int f_AB R lambda / (h c) dlambda.
    double photons = 0;
    for (double w = 4000; w < 10000; w += 2) photons += 2 * ab_flux_density(w) * filter->at(w) * w / 1.98645e-8;
    const double area = M_PI * 120 * 120;
    EXPECT_NEAR(2.5 * std::log10(photons * area), e.zero_point, 0.04) << e.name;
  }
  EXPECT_EQ(acs_filter("acs-f475w"), nullptr);
}

// They are found like any other, though no file holds them.
TEST(AcsFilter, AreFoundByName) { EXPECT_EQ(&filter("acs-f814w"), acs_filter("acs-f814w")); }

}  // namespace
}  // namespace asterism::astro
