#include "config/value.h"

#include <gtest/gtest.h>

namespace asterism::config {
namespace {

TEST(Value, MergeGoesIntoTablesAndReplacesTheRest) {
  Value under = parse_toml("a = 1\nb = [1, 2]\n[t]\nx = 1\ny = 2", "under");
  merge(under, parse_toml("b = [3]\nc = 4\n[t]\ny = 5", "over"));
  EXPECT_EQ(under.find("a")->integer, 1);
  EXPECT_EQ(under.find("b")->items.size(), 1u);
  EXPECT_EQ(under.find("c")->integer, 4);
  EXPECT_EQ(under.find("t")->find("x")->integer, 1);
  EXPECT_EQ(under.find("t")->find("y")->integer, 5);
  EXPECT_EQ(under.find("t")->find("y")->place(), "over:4");
}

TEST(Value, DescriptionsForMessages) {
  const Value tree = parse_toml("a = 1\nb = 1.5\nc = \"x\"\nd = true\ne = []\nf = {}\ng = 2020-01-01", "s");
  std::string all;
  for (const auto& item : tree.items) all += description_of(item) + "; ";
  EXPECT_EQ(all, "the whole number 1; the number 1.5; the text 'x'; true; a list; a table; a date or time; ");
}

}  // namespace
}  // namespace asterism::config
