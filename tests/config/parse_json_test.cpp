#include <gtest/gtest.h>

#include "base/error.h"
#include "config/value.h"

namespace asterism::config {
namespace {

TEST(ParseJson, EveryKind) {
  Value tree =
      parse_json(R"({"a": 1, "b": [true, null], "c": {"d": "x"}, "e": -1.5, "f": 18446744073709551615})", "s.json");
  EXPECT_EQ(tree.find("a")->integer, 1);
  EXPECT_TRUE(tree.find("b")->items[0].boolean);
  EXPECT_EQ(tree.find("b")->items[1].kind, Value::Kind::other);
  EXPECT_EQ(tree.find("c")->find("d")->text, "x");
  EXPECT_EQ(tree.find("e")->number, -1.5);
  EXPECT_EQ(tree.find("f")->kind, Value::Kind::other);  // never a wrapped-around number
}

TEST(ParseJson, HostileText) {
  for (const std::string& text :
       {std::string(""), std::string("["), std::string("[]"), std::string("1"), std::string(R"({"a": 1, "a": 2})"),
        std::string(R"({"b": {"a": 1, "a": 2}})"), std::string(200000, '['), std::string("{\"a\": \"\xff\"}"),
        std::string("{\"a\": 1} x"), std::string("{\"a\": 1e999}")})
    EXPECT_THROW(parse_json(text, "s.json"), base::UserError) << text.substr(0, 40);
  EXPECT_NO_THROW(parse_json(R"({"a": {"k": 1}, "b": {"k": 1}})", "s.json"));
}

}  // namespace
}  // namespace asterism::config
