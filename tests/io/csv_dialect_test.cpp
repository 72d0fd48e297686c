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

TEST(CsvDialect, LinesOfCommentComeBeforeIt) {
  const std::string_view text = "# made by\n#\nid;ra\n1;2\n";
  EXPECT_EQ(text.substr(csv_dialect(text).begin), "id;ra\n1;2\n");
  EXPECT_EQ(csv_dialect(text).delimiter, ';');
  EXPECT_EQ(csv_dialect("\xef\xbb\xbfid,ra\n").begin, 0u) << "the mark of byte order belongs to the header's reader";
  EXPECT_EQ(csv_dialect("# nothing else").begin, 0u);
}

}  // namespace
}  // namespace asterism::io
