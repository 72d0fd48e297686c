#include "io/rice.h"

#include <gtest/gtest.h>

#include <vector>

namespace asterism::io {
namespace {

// Bits as text, after the bytes of the first pixel.
std::vector<std::byte> stream(int pixel_bytes, const std::string& bits) {
  std::vector<std::byte> out(static_cast<size_t>(pixel_bytes), std::byte{7});
  for (size_t i = 0; i < bits.size(); i += 8) {
    unsigned value = 0;
    for (size_t k = i; k < i + 8; ++k) value = value << 1 | (k < bits.size() && bits[k] == '1' ? 1u : 0u);
    out.push_back(std::byte(value));
  }
  return out;
}

TEST(Rice, BlocksWithoutDifferencesTakeTheirSelectorAlone) {
  EXPECT_EQ(rice_bytes(stream(4,
                              "00000"
                              "00000"),
                       64, 32, 4),
            4 + 2u);
  EXPECT_EQ(rice_bytes(stream(4, "00000"), 32, 32, 4), 4 + 1u);
  EXPECT_EQ(rice_bytes(stream(4, "00000"), 64, 32, 4), std::nullopt);  // the second selector is cut: 3 bits are left
  EXPECT_EQ(rice_bytes(stream(2, "0000"), 16, 16, 2), 2 + 1u);
  EXPECT_EQ(rice_bytes(stream(1, "000"), 16, 16, 1), 1 + 1u);
}

TEST(Rice, UnaryAndLowBits) {
  // Two low bits (selector 3): 1 + 2 bits, then 0000000001 + 2 bits: 5 + 3 + 12 = 20 bits.
  const auto good = stream(4,
                           "00011"
                           "1"
                           "10"
                           "0000000001"
                           "01");
  EXPECT_EQ(rice_bytes(good, 2, 32, 4), 4 + 3u);
  EXPECT_EQ(rice_bytes({good.data(), good.size() - 1}, 2, 32, 4), std::nullopt);  // its low bits are cut
  EXPECT_EQ(rice_bytes(good, 3, 32, 4), std::nullopt);                            // zeros to the end, and no one
}

TEST(Rice, UncodedPixels) {
  const auto good = stream(1, "111" + std::string(16, '1'));  // selector 7: eight bits each
  EXPECT_EQ(rice_bytes(good, 2, 16, 1), 1 + 3u);
  EXPECT_EQ(rice_bytes({good.data(), good.size() - 1}, 2, 16, 1), std::nullopt);
  EXPECT_EQ(rice_bytes(stream(4, "11010" + std::string(32, '0')), 1, 32, 4), 4 + 5u);
}

TEST(Rice, WhatNoWriterMakesIsRefused) {
  EXPECT_EQ(rice_bytes(stream(4, "11111" + std::string(200, '1')), 2, 32, 4), std::nullopt);  // 30 low bits of 32
  EXPECT_EQ(rice_bytes({}, 1, 32, 4), std::nullopt);
  EXPECT_EQ(rice_bytes(stream(4, "00000"), 1, 0, 4), std::nullopt);
  EXPECT_EQ(rice_bytes(stream(4, "00000"), -1, 32, 4), std::nullopt);
}

}  // namespace
}  // namespace asterism::io
