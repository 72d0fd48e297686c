#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/match_source.h"
#include "io/fits_writer.h"
#include "tests/data/match_files.h"

namespace asterism::data {
namespace {

class TableSourceTest : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
  template <class Error>
  void expect_error(const std::filesystem::path& path, const std::vector<std::string>& columns, const char* words) {
    try {
      table_source(path, columns);
      FAIL() << words;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  }
  const base::TemporaryFolder folder;
};

TEST_F(TableSourceTest, CsvIdsAreNumbersOnlyWhereAllAre) {
  const auto numbers = table_source(file("n.csv", "object_id,ra,dec,mag\n12,1,2,20.5\n-7,,4,\n0,nan,5,1\n"), {"mag"});
  EXPECT_EQ(numbers->name, "n");
  EXPECT_TRUE(numbers->schema->field(0)->type()->Equals(arrow::int64()));
  const auto sky = numbers->read_sky(0, 1);
  EXPECT_EQ(sky.ra_deg[0], 1);
  EXPECT_TRUE(std::isnan(sky.ra_deg[1]));
  EXPECT_TRUE(std::isnan(sky.ra_deg[2]));
  EXPECT_EQ(numbers->read_columns(0)->GetColumnByName("mag")->null_count(), 1);
  for (const char* id : {"007", "1e5", "+3", "-0", " 4", "9999999999999999999", "x", "\"\""}) {
    const auto texts = table_source(file("t.csv", std::string("object_id,ra,dec\n12,1,2\n") + id + ",3,4\n"), {});
    EXPECT_TRUE(texts->schema->field(0)->type()->Equals(arrow::utf8())) << id;
  }
}

TEST_F(TableSourceTest, CsvComplaintsNameTheNearest) {
  expect_error<base::DataError>(file("r.csv", "object_id,raa,dec\n1,2,3\n"), {}, "the nearest is 'raa'");
  expect_error<base::UserError>(file("m.csv", "object_id,ra,dec,mag\n1,2,3,4\n"), {"magg"}, "the nearest is 'mag'");
  expect_error<base::DataError>(file("x.csv", "object_id,ra,dec\n1,2,3\n2,north,5\n"), {}, "line 3");
  expect_error<base::DataError>(file("s.csv", "object_id,ra,dec\n1,2\n"), {}, "line 2");
  const auto none = table_source(file("i.csv", "ra,dec\n1,2\n"), {});
  EXPECT_FALSE(none->has_ids);
  EXPECT_EQ(table_source(file("e.csv", "object_id,ra,dec\n"), {})->chunks.back(), 0);
}

TEST_F(TableSourceTest, FitsTablesWithTextOrNumbersAsIds) {
  const std::vector<double> ra = {1, 2}, dec = {3, 4};
  const std::vector<int64_t> id = {int64_t{1} << 60, 5}, n = {7, 8};
  const std::vector<std::string> name = {"a", "b"};
  io::FitsWriter()
      .table("T", {{"object_id", "", id}, {"RA", "deg", ra}, {"DEC", "deg", dec}, {"name", "", name}, {"n", "", n}})
      .write(folder / "t.fits");
  const auto source = table_source(folder / "t.fits", {"name", "n", "ra"});
  EXPECT_EQ(source->read_sky(0, 1).dec_deg, dec);
  const auto table = source->read_columns(0);
  EXPECT_EQ(whole_column(*table, "object_id"), id);
  EXPECT_EQ(whole_column(*table, "n"), n);
  EXPECT_TRUE(source->schema->GetFieldByName("name")->type()->Equals(arrow::utf8()));
  io::FitsWriter().table("T", {{"rar", "", ra}, {"dec", "", dec}}).write(folder / "u.fits");
  expect_error<base::DataError>(folder / "u.fits", {}, "nearest to 'ra' is 'rar'");
  expect_error<base::UserError>(folder / "t.fits", {"nn"}, "the nearest is 'n'");
  std::filesystem::resize_file(folder / "t.fits", 3000);
  EXPECT_THROW(table_source(folder / "t.fits", {}), base::DataError);
}

}  // namespace
}  // namespace asterism::data
