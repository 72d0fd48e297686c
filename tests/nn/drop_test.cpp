#include "nn/drop.h"

#include <gtest/gtest.h>

namespace asterism::nn {
namespace {

TEST(Drop, KeepsTheMeanAndTheShare) {
  const auto x = at::ones({100, 100});
  const auto y = dropout(x, 0.25, DropKey(3, 4));
  EXPECT_NEAR((y == 0).to(at::kFloat).mean().item<double>(), 0.25, 0.02);
  EXPECT_NEAR(y.mean().item<double>(), 1, 0.03);
}

TEST(Drop, OffIsTheSameTensor) {
  const auto x = at::ones({4});
  EXPECT_TRUE(dropout(x, 0.5, {}).is_same(x));
  EXPECT_TRUE(drop_path(x, 0.5, {}).is_same(x));
  EXPECT_TRUE(dropout(x, 0, DropKey(1, 1)).is_same(x));
}

TEST(Drop, PathsDropWholeRows) {
  const auto y = drop_path(at::ones({400, 3}), 0.5, DropKey(3, 4));
  EXPECT_TRUE(at::equal(y.amax(1), y.amin(1)));
  EXPECT_NEAR((y.select(1, 0) == 0).to(at::kFloat).mean().item<double>(), 0.5, 0.1);
}

TEST(Drop, PathsDropWholeGroupsOfRows) {
  Ranges groups;
  for (int64_t g = 0; g < 400; ++g) groups.add(g % 4);
  const auto y = drop_path(at::ones({600, 1}), groups, 0.5, DropKey(3, 4)).squeeze(1);
  int64_t dropped = 0;
  for (int64_t g = 0; g < 400; ++g) {
    if (groups.length(g) == 0) continue;
    const auto rows = y.narrow(0, groups.starts[size_t(g)], groups.length(g));
    EXPECT_EQ(rows.amax().item<float>(), rows.amin().item<float>());
    dropped += rows[0].item<float>() == 0;
  }
  EXPECT_NEAR(double(dropped) / 300, 0.5, 0.1);
}

TEST(Drop, PlacesAreIndependent) {
  const DropKey key(1, 2);
  const auto x = at::ones({1000});
  EXPECT_TRUE(at::equal(dropout(x, 0.5, key / 1), dropout(x, 0.5, key / 1)));
  EXPECT_FALSE(at::equal(dropout(x, 0.5, key / 1), dropout(x, 0.5, key / 2)));
  EXPECT_NE((key / 1 / 0).place, (key / 0 / 1).place);
}

}  // namespace
}  // namespace asterism::nn
