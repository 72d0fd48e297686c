#include "nn/ranges_on_device.h"

#include <gtest/gtest.h>

namespace asterism::nn {
namespace {

Ranges ranges_with(const std::vector<int64_t>& lengths) {
  Ranges out;
  for (int64_t n : lengths) out.add(n);
  return out;
}

TEST(RangesOnDevice, SaysWhereGroupsAndRowsAre) {
  const auto ranges = ranges_with({2, 0, 3, 1});
  EXPECT_TRUE(at::equal(starts_on(ranges, at::kCPU), at::tensor({0, 2, 2, 5, 6}, at::kLong)));
  EXPECT_TRUE(at::equal(starts_int_on(ranges, at::kCPU), at::tensor({0, 2, 2, 5, 6}, at::kInt)));
  EXPECT_TRUE(at::equal(group_of_rows(ranges, at::kCPU), at::tensor({0, 0, 2, 2, 2, 3}, at::kLong)));
}

TEST(RangesOnDevice, PaddingGoesThereAndBack) {
  for (const auto& lengths : std::vector<std::vector<int64_t>>{{2, 0, 3, 1}, {0, 0, 4}, {3, 3}, {0}}) {
    const auto ranges = ranges_with(lengths);
    const auto padding = padding_on(ranges, at::kCPU);
    const auto x = at::arange(ranges.rows(), at::kFloat) + 1;
    EXPECT_EQ(padding.mask_GT.size(0), ranges.groups());
    EXPECT_EQ(padding.mask_GT.sum().item<int64_t>(), ranges.rows());
    if (ranges.rows() == 0) continue;
    const auto grid = x.index_select(0, padding.row_GT.flatten()).view(padding.row_GT.sizes());
    EXPECT_TRUE(at::equal(grid.flatten().index_select(0, padding.place_R), x));
    for (int64_t g = 0; g < ranges.groups(); ++g)
      EXPECT_EQ(padding.mask_GT[g].sum().item<int64_t>(), ranges.length(g)) << g;
  }
}

TEST(RangesOnDevice, RemembersByWhatTheyHold) {
  auto ranges = ranges_with({2, 3});
  const auto before = starts_on(ranges, at::kCPU);
  EXPECT_TRUE(starts_on(ranges_with({2, 3}), at::kCPU).is_same(before)) << "not copied again";
  ranges.add(4);
  EXPECT_TRUE(at::equal(starts_on(ranges, at::kCPU), at::tensor({0, 2, 5, 9}, at::kLong)));
  for (int64_t i = 0; i < 100; ++i)  // more than it remembers
    EXPECT_EQ(starts_on(ranges_with({i, i + 1}), at::kCPU)[1].item<int64_t>(), i);
  EXPECT_TRUE(at::equal(starts_on(ranges_with({2, 3}), at::kCPU), at::tensor({0, 2, 5}, at::kLong)));
}

}  // namespace
}  // namespace asterism::nn
