#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace asterism::base {
namespace {

TEST(Bytes, BothOrders) {
  const std::array<uint8_t, 9> raw = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(load_le<uint16_t>(raw.data() + 1), 0x0201);  // unaligned
  EXPECT_EQ(load_be<uint16_t>(raw.data() + 1), 0x0102);
  EXPECT_EQ(load_be<uint64_t>(raw.data() + 1), 0x0102030405060708u);
  EXPECT_EQ(load_le<int8_t>(raw.data() + 8), 8);
  std::array<uint8_t, 8> out{};
  store_be(out.data(), 1.0);  // 0x3FF0000000000000
  EXPECT_EQ(out[0], 0x3F);
  EXPECT_EQ(load_be<double>(out.data()), 1.0);
  store_le(out.data(), int32_t{-2});
  EXPECT_EQ(out[0], 0xFE);
  EXPECT_EQ(load_le<int32_t>(out.data()), -2);
}

TEST(Bytes, ReadsNeverLeaveTheBuffer) {
  const std::array<std::byte, 8> raw{};
  const std::span<const std::byte> bytes(raw);
  EXPECT_TRUE(read_le<uint64_t>(bytes, 0));
  EXPECT_FALSE(read_le<uint64_t>(bytes, 1));
  EXPECT_TRUE(read_be<uint8_t>(bytes, 7));
  EXPECT_FALSE(read_be<uint8_t>(bytes, 8));
  EXPECT_FALSE(read_le<float>(bytes, std::numeric_limits<size_t>::max()));  // offset + 4 would wrap around
  EXPECT_FALSE(read_le<float>({}, 0));
}

TEST(Bytes, SizesThatDoNotFit) {
  size_t n = 5;
  EXPECT_TRUE(checked_multiply(size_t{1} << 32, size_t{1} << 31, n));
  EXPECT_EQ(n, size_t{1} << 63);
  EXPECT_FALSE(checked_multiply(size_t{1} << 32, size_t{1} << 32, n));
  EXPECT_EQ(n, size_t{1} << 63);  // untouched
  EXPECT_FALSE(checked_add(std::numeric_limits<int64_t>::max(), int64_t{1}, *std::make_unique<int64_t>()));
  int64_t sum = 0;
  EXPECT_TRUE(checked_add(int64_t{-3}, int64_t{1}, sum));
  EXPECT_EQ(sum, -2);
}

TEST(Bytes, ForPeople) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(uint64_t{3} << 30), "3.0 GiB");
  EXPECT_EQ(human_bytes(150 * 1024), "150 KiB");
  EXPECT_EQ(human_bytes((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(std::numeric_limits<uint64_t>::max()), "16.0 EiB");
}

}  // namespace
}  // namespace asterism::base
