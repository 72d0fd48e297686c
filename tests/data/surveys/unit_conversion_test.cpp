#include "data/surveys/unit_conversion.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::data {
namespace {

UnitConversion of(const std::string& file, const std::string& mapping, const std::string& to,
                  const std::string& known = "") {
  return unit_conversion({"[scalars.x]", "x", "column", file, mapping, to, known});
}

TEST(UnitConversion, BetweenMagnitudesAndFluxes) {
  const auto flux = of("mag", "", "nanomaggy").apply({22.5, 0.1});
  EXPECT_NEAR(flux->value, 1, 1e-12);
  EXPECT_NEAR(flux->error, 0.1 * 0.4 * std::log(10), 1e-12);
  const auto magnitude = of("uJy", "", "mag").apply({3.6307805477010134, 0});
  EXPECT_NEAR(magnitude->value, 22.5, 1e-9);
  EXPECT_FALSE(of("uJy", "", "mag").apply({-1, 0}));
  EXPECT_NEAR(of("", "Jy", "uJy").apply({2, -1})->value, 2e6, 1e-3);
  EXPECT_EQ(of("", "", "", "").unit, "");
}

TEST(UnitConversion, TheModalitysUnitWhereNothingIsAskedFor) {
  EXPECT_EQ(of("uJy", "", "", "nanomaggy").unit, "nanomaggy");
  EXPECT_EQ(of("uJy", "", "nJy", "nanomaggy").unit, "nJy");
  EXPECT_EQ(of("uJy", "", "").unit, "uJy");
}

TEST(UnitConversion, MarksAreOfMagnitudesAlone) {
  EXPECT_TRUE(of("mag", "", "nanomaggy").is_mark(99));
  EXPECT_TRUE(of("ABmag", "", "nanomaggy").is_mark(-99));
  EXPECT_FALSE(of("mag", "", "mag").is_mark(25));
  EXPECT_FALSE(of("uJy", "", "nanomaggy").is_mark(99));
}

TEST(UnitConversion, WhatIsNotSaidIsAsked) {
  EXPECT_THROW(of("", "", "", "nanomaggy"), base::UserError);
  EXPECT_THROW(of("", "", "uJy"), base::UserError);
  EXPECT_THROW(of("uJy", "nJy", ""), base::UserError);
  EXPECT_EQ(of("mag", "ABmag", "nanomaggy").kind, UnitConversion::Kind::kMagnitudeToFlux);
}

}  // namespace
}  // namespace asterism::data
