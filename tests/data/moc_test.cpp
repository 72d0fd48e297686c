#include "data/moc.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/fits_writer.h"

namespace asterism::data {
namespace {

constexpr int64_t at(int order, int64_t pixel) { return pixel << (2 * (29 - order)); }

TEST(Moc, WhatIsWrittenIsReadAndFourPixelsBecomeOne) {
  const base::TemporaryFolder folder;
  write_moc(folder / "m.fits", {4, 5, 6, 7, 7, 9, 12 * 16 - 1}, 2);
  const MocRanges ranges = read_moc(folder / "m.fits");
  EXPECT_EQ(ranges, (MocRanges{{at(1, 1), at(1, 2)}, {at(2, 9), at(2, 10)}, {at(2, 191), at(2, 192)}}));
  EXPECT_TRUE(touches(ranges, at(2, 6), at(2, 6) + 1));
  EXPECT_TRUE(touches(ranges, 0, at(1, 1) + 1));
  EXPECT_FALSE(touches(ranges, 0, at(1, 1)));
  EXPECT_FALSE(touches(ranges, at(2, 10), at(2, 191)));
}

TEST(Moc, JsonAndRanges) {
  const base::TemporaryFolder folder;
  std::ofstream(folder / "m.json") << R"({"0": [1], "3": [128, 5]})";
  EXPECT_EQ(read_moc(folder / "m.json"), (MocRanges{{at(3, 5), at(3, 6)}, {at(0, 1), at(0, 2) + at(3, 1)}}));
  const std::vector<int64_t> ends = {100, 200, 300, 301};
  io::FitsWriter().card("ORDERING", std::string("RANGE")).table("MOC", {{"RANGE", "", ends}}).write(folder / "r.fits");
  EXPECT_EQ(read_moc(folder / "r.fits"), (MocRanges{{100, 200}, {300, 301}}));
}

TEST(Moc, DamagedOnesAreRefused) {
  const base::TemporaryFolder folder;
  for (const char* text : {R"({"30": [1]})", R"({"0": [12]})", R"({"0": [-1]})", R"({"x": [1]})", "[1]", R"({"0": 1})",
                           R"({"0": [1.5]})"}) {
    std::ofstream(folder / "m.json") << text;
    EXPECT_THROW(read_moc(folder / "m.json"), base::DataError) << text;
  }
  for (const int64_t uniq : {int64_t{3}, int64_t{-5}, int64_t{1} << 62}) {
    io::FitsWriter().table("MOC", {{"UNIQ", "", std::vector<int64_t>{uniq}}}).write(folder / "m.fits");
    EXPECT_THROW(read_moc(folder / "m.fits"), base::DataError) << uniq;
  }
  EXPECT_THROW(read_moc(folder / "none.fits"), base::UserError);
}

}  // namespace
}  // namespace asterism::data
