#include "io/lzf.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace asterism::io {
namespace {

std::vector<std::byte> bytes(const std::vector<int>& values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(std::byte(v));
  return out;
}

std::string unpacked(const std::vector<int>& packed, size_t room) {
  std::vector<std::byte> out(room);
  const auto n = lzf_decompress(bytes(packed), out);
  if (!n) return "damaged";
  return {reinterpret_cast<const char*>(out.data()), *n};
}

TEST(Lzf, LiteralsAndReferences) {
  EXPECT_EQ(unpacked({2, 'a', 'b', 'c'}, 10), "abc");
  EXPECT_EQ(unpacked({2, 'a', 'b', 'c', 1 << 5, 2}, 10), "abcabc");       // 3 bytes from 3 back
  EXPECT_EQ(unpacked({0, 'x', 4 << 5, 0}, 10), "xxxxxxx");                // overlapping
  EXPECT_EQ(unpacked({0, 'x', 7 << 5, 3, 0}, 20), std::string(13, 'x'));  // 1 + 9 + 3
  EXPECT_EQ(unpacked({}, 0), "");
}

TEST(Lzf, DamageIsRefused) {
  EXPECT_EQ(unpacked({2, 'a', 'b'}, 10), "damaged");             // literals cut short
  EXPECT_EQ(unpacked({2, 'a', 'b', 'c'}, 2), "damaged");         // no room
  EXPECT_EQ(unpacked({0, 'a', 1 << 5, 1}, 10), "damaged");       // from before the beginning
  EXPECT_EQ(unpacked({0, 'a', 1 << 5}, 10), "damaged");          // reference cut short
  EXPECT_EQ(unpacked({0, 'a', 7 << 5}, 10), "damaged");          // length cut short
  EXPECT_EQ(unpacked({0, 'a', 7 << 5, 255, 0}, 10), "damaged");  // no room
}

}  // namespace
}  // namespace asterism::io
