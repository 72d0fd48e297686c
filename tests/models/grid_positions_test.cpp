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

}  // namespace
}  // namespace asterism::models
