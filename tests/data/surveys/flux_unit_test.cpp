#include "data/surveys/flux_unit.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::data {
namespace {

TEST(FluxUnit, EverySpellingThatSurveysUse) {
  for (const char* unit :
       {"1E-17 erg/cm^2/s/Ang", "1E-17 erg/s/cm^2/Ang", "10**-17 erg/(s cm2 Angstrom)", "1E-17 erg/s/cm^2/Ang/spaxel",
        "10**-17 Angstrom-1 cm-2 erg s-1", "10^(-17) erg s^-1 cm^-2 Angstrom^-1", "1e-17 erg/s/cm**2/A"}) {
    const auto scale = flux_density_scale(unit);
    ASSERT_TRUE(scale) << unit;
    EXPECT_NEAR(*scale / 1e-17, 1, 1e-9) << unit;
  }
  EXPECT_NEAR(flux_density_scale("10**-20 Angstrom-1 cm-2 erg s-1").value() / 1e-20, 1, 1e-9);
  EXPECT_NEAR(flux_density_scale("erg/s/cm^2/Angstrom").value(), 1, 1e-9);
}

TEST(FluxUnit, OtherQuantitiesAreNone) {
  for (const char* unit :
       {"1e-17 erg/s/cm**5e46/Angstrom", "", "counts", "Jy", "erg/s/cm^2", "1e-17 erg/s/cm^2/Hz", "erg s-1 Angstrom-1",
        "1e-17", "10**x erg/s/cm^2/Angstrom", "W/m^2/nm", "10**-80 Angstrom-2 cm-4 erg2 s-2"})
    EXPECT_FALSE(flux_density_scale(unit)) << unit;
}

TEST(FluxUnit, AHeaderMaySayNothingButNothingElse) {
  EXPECT_NO_THROW(need_flux_unit(std::nullopt, 1e-17, "x"));
  EXPECT_NO_THROW(need_flux_unit("10**-17 erg/(s cm2 Angstrom)", 1e-17, "x"));
  EXPECT_THROW(need_flux_unit("10**-16 erg/(s cm2 Angstrom)", 1e-17, "x"), base::DataError);
  EXPECT_THROW(need_flux_unit("counts", 1e-17, "x"), base::DataError);
}

}  // namespace
}  // namespace asterism::data
