#include "sky/nebular.h"

#include <gtest/gtest.h>

namespace asterism::sky {
namespace {

double per_hertz(double angstrom) { return nebular_continuum(angstrom) * angstrom * angstrom; }

TEST(Nebular, EquivalentWidthsAreThoseOfGas) {
  // The equivalent width of H beta of gas without stars: 1,000 to 1,500 Angstrom (Osterbrock & Ferland 2006).
  EXPECT_GT(1 / nebular_continuum(4862), 1000);
  EXPECT_LT(1 / nebular_continuum(4862), 1500);
}

TEST(Nebular, JumpsAtTheEdges) {
  // The Balmer jump, with two photons on both sides, is a factor of four to six; the Paschen jump smaller.
  EXPECT_NEAR(per_hertz(3640) / per_hertz(3655), 5, 1);
  EXPECT_NEAR(per_hertz(8190) / per_hertz(8220), 2.2, 0.4);
  EXPECT_GT(per_hertz(3640), per_hertz(3000));
  EXPECT_EQ(nebular_continuum(900), 0);
  // Below 2,000 Angstrom most is two photons, which end at Lyman alpha.
  EXPECT_GT(per_hertz(1500), 3 * per_hertz(1216));
}

}  // namespace
}  // namespace asterism::sky
