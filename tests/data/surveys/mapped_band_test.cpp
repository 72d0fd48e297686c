#include "data/surveys/mapped_band.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::data {
namespace {

TEST(MappedBand, ByCurveOrByNumbers) {
  EXPECT_EQ(mapped_band("[images.x]", "mine-g", 4800, 1400, ""), (modalities::Band{"mine-g", 4800, 1400}));
  const auto g = mapped_band("[images.x]", "mine-g", 0, 0, "lsst2023-g");
  EXPECT_NEAR(g.wavelength_angstrom, 4800, 200);
  EXPECT_GT(g.width_angstrom, 1000);
  EXPECT_THROW(mapped_band("[images.x]", "mine-g", 4800, 0, "lsst2023-g"), base::UserError);
  EXPECT_THROW(mapped_band("[images.x]", "mine-g", 0, 0, "lsst2023-q"), base::UserError);
}

}  // namespace
}  // namespace asterism::data
