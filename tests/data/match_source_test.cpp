#include "data/match_source.h"

#include <gtest/gtest.h>

#include "tests/data/match_files.h"

namespace asterism::data {
namespace {

std::string text(const arrow::Array& array, int64_t i) {
  return static_cast<const arrow::StringArray&>(array).GetString(i);
}

TEST(MatchIds, KeepTheirTypeAndLoseTheMarkOfBytes) {
  const auto numbers = column_of<arrow::Int64Builder>(std::vector<int64_t>{5, 6});
  EXPECT_EQ(ids_of(numbers, "t"), numbers);
  EXPECT_TRUE(id_type(numbers->type())->Equals(arrow::int64()));
  const auto plain = column_of<arrow::StringBuilder>(std::vector<std::string>{"007", "b'"});
  EXPECT_EQ(ids_of(plain, "t"), plain);
  const auto marked = ids_of(column_of<arrow::StringBuilder>(std::vector<std::string>{"b'12'", "x"}), "t");
  EXPECT_EQ(text(*marked, 0), "12");
  EXPECT_EQ(text(*marked, 1), "x");
  const auto large = ids_of(column_of<arrow::LargeStringBuilder>(std::vector<std::string>{"a"}), "t");
  EXPECT_TRUE(large->type()->Equals(arrow::utf8()));
  EXPECT_TRUE(id_type(arrow::large_utf8())->Equals(arrow::utf8()));
  EXPECT_EQ(text(*row_numbers(41, 2), 1), "row-42");
}

TEST(MatchMotion, KnowsTheNamesOfPublishedTables) {
  const auto gaia = motion_columns({"ra", "dec", "pmra", "pmdec", "ref_epoch"});
  EXPECT_EQ(gaia.pmra, "pmra");
  EXPECT_EQ(gaia.pmdec, "pmdec");
  EXPECT_EQ(gaia.epoch, "ref_epoch");
  EXPECT_EQ(motion_columns({"ra", "mjd"}).epoch, "");
}

}  // namespace
}  // namespace asterism::data
