#include "astro/cosmology.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "golden.h"

namespace asterism::astro {
namespace {

TEST(Cosmology, DistancesAndAgesOfAstropy) {
  for (const auto& row : golden_rows("cosmology")) {
    const double z = std::stod(row[0]);
    EXPECT_NEAR(comoving_distance_mpc(z) / std::stod(row[1]), 1, 1e-9) << z;
    EXPECT_NEAR(luminosity_distance_mpc(z) / std::stod(row[2]), 1, 1e-9) << z;
    EXPECT_NEAR(angular_diameter_distance_mpc(z) * (1 + z) * (1 + z) / std::stod(row[2]), 1, 1e-9) << z;
    EXPECT_NEAR(distance_modulus(z), std::stod(row[3]), 1e-8) << z;
    EXPECT_NEAR(age_gyr(z) / std::stod(row[4]), 1, 1e-8) << z;
    EXPECT_NEAR(comoving_volume_element(z) / std::stod(row[5]), 1, 1e-8) << z;
  }
}

TEST(Cosmology, EmptyPathAndNonsense) {
  EXPECT_EQ(comoving_distance_mpc(0), 0);
  EXPECT_THROW(comoving_distance_mpc(-0.1), base::CheckError);
  EXPECT_THROW(distance_modulus(-0.1), base::CheckError);
}

}  // namespace
}  // namespace asterism::astro
