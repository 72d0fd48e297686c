#include "models/ring_means.h"

#include <gtest/gtest.h>

namespace asterism::models {
namespace {

TEST(RingMeans, RingsOfASquareOfTokens) {
  const auto ring = rings_of({1, 4, 4}, 2);
  ASSERT_EQ(ring.size(), 17u);
  EXPECT_EQ(ring[0], -1);  // special
  // the four cells about the centre are at 0.35 of half a side, all others beyond half of it
  for (int64_t row = 0; row < 4; ++row)
    for (int64_t column = 0; column < 4; ++column)
      EXPECT_EQ(ring[size_t(1 + 4 * row + column)], (row == 1 || row == 2) && (column == 1 || column == 2) ? 0 : 1);
}

TEST(RingMeans, AnOblongImageHasRingsOfItsOwnShape) {
  const auto ring = rings_of({0, 2, 8}, 3);
  EXPECT_EQ(ring[3], ring[4]);
  EXPECT_EQ(ring[0], 2);
  EXPECT_EQ(ring[7], 2);
}

TEST(RingMeans, MeansOverWhatEachObjectHasOfImagesAlone) {
  Candidate image, scalar;
  image.input_grid = {0, 4, 4};
  scalar.input_grid = {};
  const std::vector<Candidate> candidates{image, scalar};
  std::vector<Rows> rows(2);
  // object 0: two central tokens and a corner; object 1: a corner; object 2: only the scalar, which object 0 has too
  rows[0].object = {0, 0, 0, 1};
  rows[0].position = {5, 6, 0, 15};
  rows[1].object = {0, 2};
  rows[1].position = {0, 0};
  const auto packing = pack(rows, {1, 1, 1}, 1);
  auto x_LD = at::zeros({packing.objects.rows(), 2});
  const float value[] = {1, 3, 10, 20};
  for (size_t r = 0; r < 4; ++r) x_LD.select(0, packing.placed[0][r]).fill_(value[r]);
  for (size_t r = 0; r < 2; ++r) x_LD.select(0, packing.placed[1][r]).fill_(1000);
  const auto means = ring_means(x_LD, packing, candidates, rows, {1, 0}, 2);
  EXPECT_TRUE(
      at::equal(means, at::tensor({2.F, 2.F, 10.F, 10.F, 0.F, 0.F, 20.F, 20.F, 0.F, 0.F, 0.F, 0.F}).view({3, 4})));
}

}  // namespace
}  // namespace asterism::models
