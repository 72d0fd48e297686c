#include "models/block_mask.h"

#include <gtest/gtest.h>

#include <numeric>

namespace asterism::models {
namespace {

TEST(BlockMask, HidesAboutAsManyAsAskedAndNeverMore) {
  double share = 0;
  for (uint64_t object = 0; object < 200; ++object) {
    base::Random random(1, 0, object, "test");
    const auto mask = draw_block_mask(12, 12, 40, random);
    const int hidden = std::accumulate(mask.begin(), mask.end(), 0);
    EXPECT_LE(hidden, 40);
    share += hidden / 40.0 / 200;
  }
  EXPECT_GT(share, 0.9);
}

TEST(BlockMask, HidesBlocks) {
  int together = 0, hidden = 0;
  for (uint64_t object = 0; object < 50; ++object) {
    base::Random random(1, 0, object, "test");
    const auto mask = draw_block_mask(12, 12, 30, random);
    for (int y = 0; y < 12; ++y)
      for (int x = 0; x + 1 < 12; ++x) {
        hidden += mask[size_t(12 * y + x)];
        together += mask[size_t(12 * y + x)] & mask[size_t(12 * y + x + 1)];
      }
  }
  EXPECT_GT(together, hidden * 0.55) << "patches drawn one by one would have a fifth";
}

TEST(BlockMask, SmallGridsAndNothingAsked) {
  base::Random random(1, 0, 7, "test");
  EXPECT_EQ(draw_block_mask(3, 4, 0, random), std::vector<uint8_t>(12, 0));
  for (int64_t count = 1; count <= 2; ++count) {
    const auto mask = draw_block_mask(1, 2, count, random);
    EXPECT_LE(std::accumulate(mask.begin(), mask.end(), 0), count);
    EXPECT_GE(std::accumulate(mask.begin(), mask.end(), 0), 1);
  }
  base::Random a(1, 2, 3, "test"), b(1, 2, 3, "test");
  EXPECT_EQ(draw_block_mask(8, 8, 20, a), draw_block_mask(8, 8, 20, b));
}

}  // namespace
}  // namespace asterism::models
