#include "sky/broaden.h"

#include <gtest/gtest.h>

#include <numeric>

namespace asterism::sky {
namespace {

TEST(Broaden, ALineKeepsItsLightAndGetsItsWidth) {
  std::vector<float> cells(400, 0.0f);
  cells[200] = 1;
  broaden(cells, 0, 400, 150);
  double sum = 0, square = 0;
  for (int i = 0; i < 400; ++i) {
    sum += double(cells[size_t(i)]);
    square += double(cells[size_t(i)]) * (i - 200) * (i - 200);
  }
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_NEAR(std::sqrt(square) * kFineCellKms, 150, 2);
}

TEST(Broaden, CellsOutsideStayAsTheyAre) {
  std::vector<float> cells(100);
  std::iota(cells.begin(), cells.end(), 0.0f);
  const auto before = cells;
  broaden(cells, 40, 60, 200);
  for (size_t i = 0; i < 100; ++i) EXPECT_NEAR(cells[i], before[i], 1e-3) << i;  // a straight line stays straight
  EXPECT_EQ(cells[39], before[39]);
  EXPECT_EQ(cells[60], before[60]);
  broaden(cells, 0, 100, 5);
  EXPECT_EQ(cells[50], before[50]);
}

}  // namespace
}  // namespace asterism::sky
