#include "io/utf8.h"

#include <gtest/gtest.h>

namespace asterism::io {
namespace {

TEST(Utf8, AcceptsWellFormedText) {
  for (const char* text :
       {"", "plain", "\u00e9\u03bb\u20ac", "\U0001f52d", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"})
    EXPECT_TRUE(is_utf8(text)) << text;
}

// Table 3-7 of the Unicode standard, from the outside.
TEST(Utf8, RefusesOverlongSurrogateCutAndTooLarge) {
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "\xe2\x82\x28", "a\xc3"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
    EXPECT_TRUE(is_utf8(repaired_utf8(text)));
  }
}

TEST(Utf8, RepairsByteByByte) {
  EXPECT_EQ(repaired_utf8("a\xff\xc3\xa9\xe2\x82z"), "a\uFFFD\u00e9\uFFFD\uFFFDz");
  EXPECT_EQ(repaired_utf8("\u03b1 Ori"), "\u03b1 Ori");
}

TEST(Utf8, CharactersAreAppended) {
  std::string text;
  for (const uint32_t code : {0x41U, 0xe9U, 0x3b1U, 0x20acU, 0x1f52dU}) append_utf8(code, text);
  EXPECT_EQ(text, "A\u00e9\u03b1\u20ac\U0001f52d");
  for (const uint32_t code : {0xd800U, 0x110000U}) {
    std::string bad;
    append_utf8(code, bad);
    EXPECT_FALSE(is_utf8(bad));
  }
}

}  // namespace
}  // namespace asterism::io
