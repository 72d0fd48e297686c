#include "astro/sexagesimal.h"

#include <gtest/gtest.h>

namespace asterism::astro {
namespace {

TEST(Sexagesimal, FormsThatCataloguesUse) {
  EXPECT_NEAR(*parse_sexagesimal("21:26:31.92"), 21.4422, 1e-12);
  EXPECT_NEAR(*parse_sexagesimal(" +12 10 48.72 "), 12.1802, 1e-12);
  EXPECT_NEAR(*parse_sexagesimal("02:59.3"), 2 + 59.3 / 60, 1e-12);
  EXPECT_DOUBLE_EQ(*parse_sexagesimal("-00:30:00"), -0.5);
  EXPECT_DOUBLE_EQ(*parse_sexagesimal("-14"), -14);
}

TEST(Sexagesimal, OthersAreNone) {
  for (const char* text :
       {"", "-", "a", "12:", "12:60", "12:30:60", "1:2:3:4", "12.5:30", "1e3", "nan", "12:-3", "--1"})
    EXPECT_FALSE(parse_sexagesimal(text)) << text;
}

}  // namespace
}  // namespace asterism::astro
