#include "search/recall.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::search {
namespace {

Neighbours answer(size_t queries, size_t k, std::vector<uint64_t> rows) {
  return {queries, k, std::move(rows), std::vector<float>(queries * k)};
}

TEST(Recall, ShareOfTheExactAnswerInAnyOrder) {
  const Neighbours exact = answer(2, 3, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(recall_at(3, exact, exact), 1);
  EXPECT_EQ(recall_at(3, answer(2, 3, {3, 2, 1, 4, 5, 9}), exact), (1 + 2.0 / 3) / 2);
  EXPECT_EQ(recall_at(1, answer(2, 3, {2, 1, 3, 4, 5, 6}), exact), 0.5);  // only the first counts
}

TEST(Recall, MissingNeighbours) {
  const Neighbours exact = answer(2, 2, {1, kNoRow, kNoRow, kNoRow});
  EXPECT_EQ(recall_at(2, answer(2, 2, {1, kNoRow, 5, 6}), exact), 1);  // nothing was there to be found for the second
  EXPECT_EQ(recall_at(2, answer(2, 2, {kNoRow, kNoRow, 5, 6}), exact), 0);
  EXPECT_TRUE(std::isnan(recall_at(1, exact, answer(2, 1, {kNoRow, kNoRow}))));
}

TEST(Recall, ShapesMustAgree) {
  const Neighbours one = answer(1, 2, {1, 2}), two = answer(2, 2, {1, 2, 3, 4});
  EXPECT_THROW(recall_at(1, one, two), base::CheckError);
  EXPECT_THROW(recall_at(3, two, two), base::CheckError);
  EXPECT_THROW(recall_at(0, two, two), base::CheckError);
}

}  // namespace
}  // namespace asterism::search
