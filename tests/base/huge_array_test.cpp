#include "base/huge_array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace asterism::base {
namespace {

TEST(HugeArray, IsZeroAtFirstHoldsWhatIsWrittenAndMoves) {
  constexpr std::size_t kN = 3 << 20;
  HugeArray<int64_t> a(kN);
  EXPECT_EQ(a.size(), kN);
  for (std::size_t i = 0; i < kN; i += 4096) ASSERT_EQ(a[i], 0);
  for (std::size_t i = 0; i < kN; ++i) a[i] = int64_t(i);
  HugeArray<int64_t> b(std::move(a));
  EXPECT_EQ(b[kN - 1], int64_t(kN - 1));
  HugeArray<int64_t> c;
  EXPECT_EQ(c.data(), nullptr);
  c = std::move(b);
  EXPECT_EQ(c[12345], 12345);
  EXPECT_EQ(HugeArray<int>(0).size(), 0u);
}

}  // namespace
}  // namespace asterism::base
