#include "data/surveys/pixel_noise.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/base/refusal.h"

namespace asterism::data {
namespace {

TEST(PixelNoises, InverseVariancesOfEachKind) {
  EXPECT_FALSE(PixelNoise({}, "k").given());
  const PixelNoise ivar({.ivar = "w"}, "k"), variance({.variance = "v"}, "k"), error({.error = "e"}, "k");
  EXPECT_EQ(variance.name(), "v");
  EXPECT_EQ(ivar.ivar(4, 2, "a"), 1);
  EXPECT_EQ(variance.ivar(0.25, 2, "a"), 1);
  EXPECT_EQ(error.ivar(0.5, 2, "a"), 1);
  for (const double none : {0.0, double(NAN), double(INFINITY), 1e-300}) EXPECT_EQ(error.ivar(none, 1, "a"), 0) << none;
  EXPECT_NE(test::complaint([&] { error.ivar(-1, 1, "a"); }).find("a: a negative uncertainty, -1"), std::string::npos);
  EXPECT_NE(test::complaint([&] { ivar.ivar(-1, 1, "a"); }).find("a: a negative weight, -1"), std::string::npos);
}

TEST(PixelNoises, FlagsByBits) {
  const PixelNoise all({.mask = "m"}, "k"), some({.mask = "m", .bad_bits = {0, 3}}, "k");
  EXPECT_TRUE(all.flagged(4));
  EXPECT_FALSE(all.flagged(0));
  EXPECT_FALSE(some.flagged(4));
  EXPECT_TRUE(some.flagged(12));
  EXPECT_TRUE(some.flagged(-1));  // a flag that is not known
}

TEST(PixelNoises, OneOfThreeAndNoBitsWithoutAMask) {
  EXPECT_THROW((PixelNoise({.ivar = "w", .variance = "v"}, "k")), base::UserError);
  EXPECT_THROW((PixelNoise({.bad_bits = {1}}, "k")), base::UserError);
}

}  // namespace
}  // namespace asterism::data
