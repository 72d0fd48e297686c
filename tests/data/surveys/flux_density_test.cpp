#include "data/surveys/flux_density.h"

#include <gtest/gtest.h>

#include "tests/base/refusal.h"

namespace asterism::data {
namespace {

TEST(FluxDensities, OfWavelengthAndOfFrequency) {
  EXPECT_NEAR(flux_density("1e-16 erg/s/cm^2/Angstrom", "", "", "a").at(5000), 10, 1e-12);
  const auto jansky = flux_density("uJy", "", "", "a");  // f_lambda = f_nu c / lambda^2
  EXPECT_EQ(jansky.unit, "1e-17 erg/s/cm^2/Angstrom");
  EXPECT_NEAR(jansky.at(10000), 1e-29 * 2.99792458e18 / 1e8 / 1e-17, 1e-12);
  EXPECT_NEAR(jansky.at(20000) / jansky.at(10000), 0.25, 1e-12);
}

TEST(FluxDensities, OtherUnitsStayAndContradictionsAreRefused) {
  EXPECT_EQ(flux_density("", "", "", "a").unit, "counts");
  EXPECT_EQ(flux_density("K", "", "", "a").unit, "K");
  EXPECT_EQ(flux_density("", "mK", "K", "a").at(1), 1e-3);
  EXPECT_NE(test::complaint([] { flux_density("K", "", "Jy", "a"); }).find("a: fluxes in 'K', which are no 'Jy'"),
            std::string::npos);
  EXPECT_NE(test::complaint([] { flux_density("Jy", "mJy", "", "a"); }).find("the mapping says 'mJy'"),
            std::string::npos);
}

}  // namespace
}  // namespace asterism::data
