#include "io/csv_dialect.h"

#include <gtest/gtest.h>

namespace asterism::io {
namespace {

TEST(CsvDialect, TheMostFrequentMarkOfTheHeader) {
  EXPECT_EQ(csv_dialect("id,ra;deg,dec\n1;2;3;4;5\n").delimiter, ',');
  EXPECT_EQ(csv_dialect("id\tra\tdec\n").delimiter, '\t');
  EXPECT_EQ(csv_dialect("id;ra;dec").delimiter, ';');
  EXPECT_EQ(csv_dialect("id|ra|dec\r\n1,2|3|4").delimiter, '|');
  EXPECT_EQ(csv_dialect("  id   ra dec \n").delimiter, ' ');
  EXPECT_EQ(csv_dialect("id\n1\n").delimiter, ',');
  EXPECT_EQ(csv_dialect(" id \n1\n").delimiter, ',');
  EXPECT_EQ(csv_dialect("").delimiter, ',');
}

TEST(CsvDialect, ADecimalCommaIsHintedAt) {
  for (const char* cell : {"1,5", "-0,25", "+3,1e5", "1,234"}) EXPECT_NE(decimal_comma(cell), "") << cell;
  for (const char* cell : {"1.5", "a,b", "1,2,3", ",5", "1,", "", "x"}) EXPECT_EQ(decimal_comma(cell), "") << cell;
}

TEST(CsvDialect, LinesOfCommentComeBeforeIt) {
  const std::string_view text = "# made by\n#\nid;ra\n1;2\n";
  EXPECT_EQ(text.substr(csv_dialect(text).begin), "id;ra\n1;2\n");
  EXPECT_EQ(csv_dialect(text).delimiter, ';');
  EXPECT_EQ(csv_dialect("\xef\xbb\xbfid,ra\n").begin, 0u) << "the mark of byte order belongs to the header's reader";
  EXPECT_EQ(csv_dialect("# nothing else").begin, 0u);
}

TEST(CsvDialect, TheLastCommentMayBeTheHeader) {
  const auto header = [](const std::string_view text) { return text.substr(csv_dialect(text).begin); };
  EXPECT_EQ(header("# made by\n# id,ra,dec\n7,1.5,-2\n"), "id,ra,dec\n7,1.5,-2\n");
  EXPECT_EQ(header("#id\tra\na7\t+1.5\n"), "id\tra\na7\t+1.5\n");
  EXPECT_EQ(header("# made by me, in 2020\nid,ra\n7,1\n"), "id,ra\n7,1\n");  // the line below has names
  EXPECT_EQ(header("# one, two, three\n7,1\n"), "7,1\n");                    // not as many
  EXPECT_EQ(header("# 1,2\n7,1\n"), "7,1\n");                                // no names
  EXPECT_EQ(header("# column\n7\n"), "7\n");                                 // a remark, or a name: who knows
}

}  // namespace
}  // namespace asterism::io
