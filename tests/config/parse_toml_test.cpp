#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "config/value.h"

namespace asterism::config {
namespace {

TEST(ParseToml, ValuesKnowTheirLines) {
  Value tree = parse_toml("a = 1\n\n[t]\nb = [1.5, \"x\"]\n", "s.toml");
  EXPECT_EQ(tree.find("a")->place(), "s.toml:1");
  Value* b = tree.find("t")->find("b");
  EXPECT_EQ(b->line, 4);
  EXPECT_EQ(b->items[0].number, 1.5);
  EXPECT_EQ(b->items[1].text, "x");
  EXPECT_EQ(tree.find("c"), nullptr);
}

TEST(ParseToml, HostileText) {
  std::string deep_list = "a = ", deep_key = "a", deep_header = "[a";
  for (int i = 0; i < 100000; ++i) deep_list += '[', deep_key += ".a", deep_header += ".a";
  for (const std::string& text :
       {deep_list, deep_key + " = 1", deep_header + "]", std::string(2 << 20, '#'), std::string("a = 1\0b", 7),
        std::string("a = 99999999999999999999"), std::string("\xff\xfe"), std::string("a"), std::string("="),
        std::string("[[,x]]"), std::string("[,x]")})
    EXPECT_THROW(parse_toml(text, "s.toml"), base::UserError) << text.substr(0, 40);
  std::string nested;  // as deep as is let through: must not exhaust the stack
  for (int i = 0; i < 60; ++i) nested += "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t = {";
  EXPECT_THROW(parse_toml(nested, "s.toml"), base::UserError);
}

TEST(ParseToml, OrdinaryDotsAreFine) {
  EXPECT_NO_THROW(parse_toml(
      "a = [" +
          [] {
            std::string list;
            for (int i = 0; i < 1000; ++i) list += "0.5, ";
            return list;
          }() +
          "]",
      "s.toml"));
}

}  // namespace
}  // namespace asterism::config
