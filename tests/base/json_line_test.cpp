#include "base/json_line.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace asterism::base {
namespace {

TEST(JsonLine, FieldsInOrder) {
  const std::string line =
      JsonLine().add("step", 12).add("loss", 0.5).add("ok", true).add("name", "a \"b\"").add("big", ~uint64_t{0}).str();
  EXPECT_EQ(line, R"({"step":12,"loss":0.5,"ok":true,"name":"a \"b\"","big":18446744073709551615})");
  EXPECT_EQ(JsonLine().str(), "{}");
  EXPECT_EQ(JsonLine().add_raw("list", "[1,2]").str(), R"({"list":[1,2]})");
}

TEST(JsonLine, EscapesAndBrokenUtf8) {
  EXPECT_EQ(json_quote("a\\\"\n\t\r\x01\x7f"), R"("a\\\"\n\t\u000d\u0001\u007f")");
  EXPECT_EQ(json_quote("\u03b1\U0001F30C"), "\"\u03b1\U0001F30C\"");
  EXPECT_EQ(json_quote("a\xff"
                       "b"),
            "\"a\uFFFDb\"");
  EXPECT_EQ(json_quote(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonLine, WhatIsUtf8) {
  for (const char* text : {"", "a", "\u00e9", "\u20ac", "\U0010FFFF", "\ud7ff", "\ue000"})
    EXPECT_TRUE(is_utf8(text)) << text;
  // Stray and missing continuations, overlong forms of '/', NUL and U+FFFF, a surrogate, beyond U+10FFFF.
  for (const char* text : {"\x80", "\xc3", "\xe2\x82", "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
                           "\xf4\x90\x80\x80", "\xff"})
    EXPECT_FALSE(is_utf8(text));
}

TEST(JsonLine, NumbersReadBackToTheSameBits) {
  for (const double value : {0.1, 1.0 / 3, 1e300, 5e-324, -2.0})
    EXPECT_EQ(std::strtod(json_number(value).c_str(), nullptr), value);
  EXPECT_EQ(json_number(NAN), "null");
  EXPECT_EQ(json_number(std::numeric_limits<double>::infinity()), "null");
}

}  // namespace
}  // namespace asterism::base
