#include "data/properties.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::data {
namespace {

TEST(Properties, ReadsAndWritesTheSameEntries) {
  const base::TemporaryFolder folder;
  Properties p;
  p.set("obs_collection", "tiny");
  p.set("hats_nrows", 131);
  p.set("obs_description", "two lines\nand a back\\slash, = and # inside");
  p.set("hats_nrows", 132);
  p.write(folder / "hats.properties", "HATS catalog");
  const Properties q = Properties::read(folder / "hats.properties");
  EXPECT_EQ(q.entries(), p.entries());
  EXPECT_EQ(q.need_integer("hats_nrows"), 132);
}

TEST(Properties, TakesWhatOthersWrite) {
  const auto p = Properties::parse(
      "#HATS catalog\r\n ! also a comment\n\nkey = value with blanks \nempty=\nlist=a b;c,d\nurl=http\\://x\n", "x");
  EXPECT_EQ(p.need("key"), "value with blanks");
  EXPECT_FALSE(p.find("empty").has_value());
  EXPECT_EQ(p.list("list"), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(p.need("url"), "http://x");
}

TEST(Properties, RefusesDamage) {
  EXPECT_THROW(Properties::parse("no separator\n", "x"), base::DataError);
  EXPECT_THROW(Properties::parse("a=1\na=2\n", "x"), base::DataError);
  EXPECT_THROW(Properties::parse("a=1x\n", "x").need_integer("a"), base::DataError);
  EXPECT_THROW(Properties::parse("a=1\n", "x").need("b"), base::DataError);
}

}  // namespace
}  // namespace asterism::data
