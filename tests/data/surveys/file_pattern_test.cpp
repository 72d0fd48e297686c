#include "data/surveys/file_pattern.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/fits_writer.h"

namespace asterism::data {
namespace {

std::string row(const std::string& column) { return column == "id" ? "7" : column == "none" ? "" : column; }

TEST(FilePattern, IsFilledFromTheRow) {
  const FilePattern pattern("cutouts/{id}/{id}_{band}.{field}.fits[SCI_{band}]", "file");
  EXPECT_EQ(pattern.columns(), (std::vector<std::string>{"id", "field"}));
  const auto found = pattern.of(row, "hsc-g");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "cutouts/7/7_hsc-g.field.fits");
  EXPECT_EQ(found->hdu, "SCI_hsc-g");
  EXPECT_EQ(found->text(), "cutouts/7/7_hsc-g.field.fits[SCI_hsc-g]");
}

TEST(FilePattern, AnHduAloneIsInAnotherPatternsFile) {
  const FilePattern pattern("[WEIGHT]", "ivar");
  EXPECT_FALSE(pattern.names_a_file());
  EXPECT_EQ(pattern.of(row, "g")->path, "");
  EXPECT_EQ(pattern.of(row, "g")->hdu, "WEIGHT");
}

TEST(FilePattern, AnEmptyCellIsNoFile) { EXPECT_FALSE(FilePattern("{none}.fits", "file").of(row, "g")); }

TEST(FilePattern, WhatIsNoPatternIsNamed) {
  for (const char* text : {"", "{id.fits", "id}.fits", "{{id}}.fits", "{}.fits", "x.fits]"}) {
    try {
      FilePattern(text, "[images.x] file");
      FAIL() << text;
    } catch (const base::UserError& error) {
      EXPECT_NE(std::string(error.what()).find("[images.x] file"), std::string::npos) << error.what();
    }
  }
}

TEST(HduOf, ByNumberAndByName) {
  const base::TemporaryFolder folder;
  io::FitsWriter()
      .image("SCI", {1}, std::vector<float>{1})
      .image("2MASS", {1}, std::vector<float>{2})
      .write(folder / "a.fits");
  const auto file = io::FitsFile::open(folder / "a.fits");
  EXPECT_EQ(hdu_of(file, "0").index(), 0);
  EXPECT_EQ(hdu_of(file, "2MASS").index(), 1);
  EXPECT_THROW(hdu_of(file, "WHT"), base::DataError);
  EXPECT_THROW(hdu_of(file, "7"), base::DataError);
}

TEST(FindFile, StaysInItsFolder) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "a.fits", "x");
  EXPECT_EQ(*find_file(folder.path(), {"a.fits", ""}, false, "row 1"), folder / "a.fits");
  EXPECT_FALSE(find_file(folder.path(), {"b.fits", ""}, true, "row 1"));
  EXPECT_THROW(find_file(folder.path(), {"b.fits", ""}, false, "row 1"), base::DataError);
  for (const char* out : {"../a.fits", "/etc/passwd", "x/../../a.fits", ""})
    EXPECT_THROW(find_file(folder.path(), {out, ""}, false, "row 1"), base::DataError) << out;
  EXPECT_THROW(find_file(folder.path(), {"/etc/passwd", ""}, true, "row 1"), base::DataError);
}

}  // namespace
}  // namespace asterism::data
