#include "astro/lines.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::astro {
namespace {

TEST(Lines, InOrderAndByName) {
  double last = 0;
  for (const Line& line : known_lines()) {
    EXPECT_GT(line.vacuum_angstrom, last) << line.name;
    last = line.vacuum_angstrom;
  }
  EXPECT_NEAR(line_angstrom("[OIII]5007"), 5008.24, 0.01);
  try {
    line_angstrom("Halfa");
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("Halpha"), std::string::npos) << error.what();
  }
}

TEST(Lines, HydrogenFollowsRydberg) {
  // Reduced-mass Rydberg constant of hydrogen; fine structure shifts lines by a few hundredths of an Angstrom at most.
  constexpr double kRydberg = 109677.5834e-8;  // per Angstrom
  const struct {
    const char* name;
    int lower, upper;
  } kSeries[] = {{"Lyalpha", 1, 2}, {"Lybeta", 1, 3}, {"Lygamma", 1, 4},  {"Halpha", 2, 3}, {"Hbeta", 2, 4},
                 {"Hgamma", 2, 5},  {"Hdelta", 2, 6}, {"Hepsilon", 2, 7}, {"H8", 2, 8},     {"H9", 2, 9},
                 {"H10", 2, 10},    {"Pabeta", 3, 5}, {"Paalpha", 3, 4}};
  for (const auto& s : kSeries) {
    const double expected = 1 / (kRydberg * (1.0 / (s.lower * s.lower) - 1.0 / (s.upper * s.upper)));
    EXPECT_NEAR(line_angstrom(s.name) / expected, 1, 2e-5) << s.name;
  }
}

}  // namespace
}  // namespace asterism::astro
