#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "base/random.h"

namespace asterism::base {
namespace {

// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
TEST(Crc32c, PublishedVectors) {
  std::vector<uint8_t> zeros(32, 0), ones(32, 0xFF), up(32);
  std::iota(up.begin(), up.end(), uint8_t{0});
  EXPECT_EQ(crc32c("123456789", 9), 0xE3069283u);
  EXPECT_EQ(crc32c(zeros.data(), 32), 0x8A9136AAu);
  EXPECT_EQ(crc32c(ones.data(), 32), 0x62A8AB43u);
  EXPECT_EQ(crc32c(up.data(), 32), 0x46DD794Eu);
  EXPECT_EQ(crc32c("", 0), 0u);
}

TEST(Crc32c, InstructionAndTableAgreeAtEveryLengthAndAlignment) {
  Random random(1, 0, 0, "crc");
  std::vector<uint8_t> bytes(600);
  for (auto& byte : bytes) byte = uint8_t(random.bits32());
  for (size_t begin = 0; begin < 8; ++begin)
    for (size_t n = 0; n < 500; n += n < 40 ? 1 : 37)
      ASSERT_EQ(crc32c(bytes.data() + begin, n, 77), detail::crc32c_by_table(bytes.data() + begin, n, 77))
          << begin << " " << n;
}

TEST(Crc32c, PartsChainAndAnyFlippedBitShows) {
  std::string text = "the whole text in two parts";
  const uint32_t whole = crc32c(text.data(), text.size());
  EXPECT_EQ(crc32c(text.data() + 9, text.size() - 9, crc32c(text.data(), 9)), whole);
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    text[bit / 8] = char(text[bit / 8] ^ 1 << bit % 8);
    EXPECT_NE(crc32c(text.data(), text.size()), whole);
    text[bit / 8] = char(text[bit / 8] ^ 1 << bit % 8);
  }
}

}  // namespace
}  // namespace asterism::base
