#include "astro/units.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::astro {
namespace {

TEST(Units, FactorsThatAstropyGives) {
  EXPECT_NEAR(unit_factor("h", "d"), 1 / 24.0, 1e-15);
  EXPECT_NEAR(unit_factor("uJy", "nJy"), 1e3, 1e-9);
  EXPECT_NEAR(unit_factor("deg", "arcsec"), 3600, 1e-9);
  EXPECT_NEAR(unit_factor("mas.yr**-1", "arcsec/yr"), 1e-3, 1e-15);
  EXPECT_NEAR(unit_factor("W.m**-2.nm**-1", "erg/s/cm^2/Angstrom"), 100, 1e-9);
  EXPECT_NEAR(unit_factor("10**-17 erg.s**-1.cm**-2.Angstrom**-1", "1e-17 erg/s/cm^2/Angstrom"), 1, 1e-12);
  EXPECT_NEAR(unit_factor("10-17erg s-1 cm-2 / Angstrom", "erg/(s.cm**2.Angstrom)") / 1e-17, 1, 1e-12);
  EXPECT_NEAR(unit_factor("uJy", "nanomaggy"), 1 / 3.6307805477010134, 1e-12);
  EXPECT_NEAR(unit_factor("nmgy", "nanomaggy"), 1, 1e-12);
  EXPECT_NEAR(unit_factor("micron", "Angstrom"), 1e4, 1e-6);
  EXPECT_NEAR(unit_factor("kpc", "pc"), 1e3, 1e-9);
  EXPECT_NEAR(unit_factor("%", ""), 0.01, 1e-15);
  EXPECT_NEAR(unit_factor("mmag", "mag"), 1e-3, 1e-15);
  EXPECT_NEAR(unit_factor("sqrt(m)", "m**(1/2)"), 1, 1e-15);
  EXPECT_NEAR(unit_factor("eV", "J") / 1.602176634e-19, 1, 1e-12);
  EXPECT_EQ(unit_factor("log(solMass)", "log(solMass)"), 1);
  EXPECT_EQ(unit_factor("furlong", "furlong"), 1);  // the same text needs no understanding
}

TEST(Units, DifferentThingsAreKeptApart) {
  for (const auto& [from, to] : {std::pair("mag", "nanomaggy"), std::pair("m", "s"), std::pair("ct", "electron"),
                                 std::pair("log(g)", "g"), std::pair("log(g)", "log(kg)"), std::pair("deg", "")})
    EXPECT_THROW(unit_factor(from, to), base::DataError) << from << " " << to;
}

TEST(Units, FactorsThatMayNotBe) {
  EXPECT_NEAR(find_unit_factor("Jy", "uJy").value_or(0), 1e6, 1e-3);
  EXPECT_FALSE(find_unit_factor("Jy", "m"));
  EXPECT_FALSE(find_unit_factor("furlong", "m"));
  EXPECT_TRUE(same_unit("erg s-1", "erg/s"));
  EXPECT_FALSE(same_unit("nm", "Angstrom"));
  EXPECT_FALSE(same_unit("m", "s"));
}

TEST(Units, WhatIsNoUnitIsRefused) {
  for (const char* text : {"furlong", "m**", "m/", "(m", "m)", "m**(1/0)", "0 m", "m..s", "log(m) s", "1e400 m", "m**x",
                           "((((((((((m))))))))))", "kdeg", "mm**1e9"})
    EXPECT_THROW(parse_unit(text), base::DataError) << text;
}

}  // namespace
}  // namespace asterism::astro
