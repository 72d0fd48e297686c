#include "models/grid_positions.h"

#include <gtest/gtest.h>

namespace asterism::models {
namespace {

TEST(GridPositions, EveryPlaceHasItsOwnVector) {
  for (const auto& grid : {Grid{1, 1, 20}, Grid{0, 5, 7}, Grid{2, 4, 4}}) {
    const auto p = grid_positions(grid, 16);
    ASSERT_EQ(p.size(0), grid.positions());
    const auto distance = at::cdist(p, p) + 10 * at::eye(p.size(0));
    EXPECT_GT(distance.min().item<float>(), 0.05);
  }
}

TEST(GridPositions, RowsAndColumnsAreSeparate) {
  const auto p = grid_positions({0, 3, 3}, 16);
  EXPECT_TRUE(at::equal(p[1].narrow(0, 0, 8), p[2].narrow(0, 0, 8)));  // one row
  EXPECT_TRUE(at::equal(p[1].narrow(0, 8, 8), p[4].narrow(0, 8, 8)));  // one column
}

TEST(GridPositions, StretchesOfWavelength) {
  const std::vector<float> wavelength{4000, 4010, 4020, 4040, 4060, 0, 0, 0, 0};
  const auto s = wavelength_stretches(wavelength, 2);
  ASSERT_EQ(s.size(), 5u);
  const std::vector<double> edges{3995, 4015, 4050, 4070};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(s[i].low, edges[i]);
    EXPECT_EQ(s[i].high, edges[i + 1]);
  }
  for (size_t i = 3; i < 5; ++i) EXPECT_EQ(s[i].low, s[i].high) << "padding sees nothing";
  EXPECT_EQ(wavelength_stretches(std::vector<float>{5000, 0}, 2)[0].low, 4999.5);
  EXPECT_EQ(pixel_stretches(-6, 3, 4)[2].high, 6);
}

}  // namespace
}  // namespace asterism::models
