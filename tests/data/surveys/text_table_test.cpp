#include "data/surveys/text_table.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::data {
namespace {

TEST(TextTable, CellsOneByOne) {
  const base::TemporaryFolder folder;
  std::ofstream(folder / "t.csv") << "id,x\n587724240151707835,1.5\n\"a,b\", -2e3 \nc,\nd,1.5x\ne,inf\n";
  const TextTable table(folder / "t.csv", {"id", "x"});
  EXPECT_EQ(table.num_rows(), 5);
  EXPECT_EQ(table.text(0, "id"), "587724240151707835") << "ids stay text";
  EXPECT_EQ(table.text(1, "id"), "a,b");
  EXPECT_EQ(table.number(1, "x"), -2000.0);
  EXPECT_FALSE(table.number(2, "x").has_value());
  EXPECT_THROW(table.need_number(2, "x"), base::DataError);
  EXPECT_THROW(table.number(3, "x"), base::DataError);
  EXPECT_THROW(table.number(4, "x"), base::DataError) << "not finite";
  EXPECT_THROW(TextTable(folder / "t.csv", {"y"}), base::DataError);
}

}  // namespace
}  // namespace asterism::data
