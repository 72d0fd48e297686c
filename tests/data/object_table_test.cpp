#include "data/object_table.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/csv.h"
#include "tests/data/match_files.h"

namespace asterism::data {
namespace {

using Rows = std::vector<int64_t>;

class ObjectTableTest : public testing::Test {
 protected:
  ObjectTableTest() {
    write("x/image.csv", "object_id,ra,dec\ni0,10,0\ni1,20,0\ni2,,\n");
    // Two spectra near the first image: the closer one is its own; the last is somewhere else.
    write("spectrum.csv", "object_id,ra,dec\n70,10.0001,0\n71,10.0002,0\n72,50,50\n");
    write("curve.csv", "object_id,ra,dec\nc0,50.0001,50\nc1,10,0.0001\n");
  }
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << text;
    paths.push_back(folder / name);
  }
  const base::TemporaryFolder folder;
  std::vector<std::filesystem::path> paths;
};

TEST_F(ObjectTableTest, OneRowAnObjectWithWhatEachTableHas) {
  const MatchTablesOptions outer{.match = {.radius_arcsec = 1}, .join = Join::kOuter};
  const auto report = match_objects(paths, folder / "out.parquet", outer);
  EXPECT_EQ(report.objects, 4);
  EXPECT_EQ(report.rows, (Rows{2, 3, 2}));
  EXPECT_EQ(report.members, (Rows{2, 3, 2}));
  EXPECT_EQ(report.notes.size(), 1u);
  const auto table = io::read_parquet(folder / "out.parquet");
  EXPECT_EQ(table->schema()->field_names(),
            (std::vector<std::string>{"object_id", "ra", "dec", "row_image", "object_id_image", "row_spectrum",
                                      "object_id_spectrum", "separation_arcsec_spectrum", "row_curve",
                                      "object_id_curve", "separation_arcsec_curve"}));
  EXPECT_EQ(whole_column(*table, "row_image"), (Rows{0, 1, -1, -1}));
  EXPECT_EQ(whole_column(*table, "row_spectrum"), (Rows{0, -1, 1, 2}));
  EXPECT_EQ(whole_column(*table, "object_id_spectrum"), (Rows{70, -1, 71, 72}));
  EXPECT_EQ(whole_column(*table, "row_curve"), (Rows{1, -1, -1, 0}));
  const auto& id = static_cast<const arrow::StringArray&>(*table->GetColumnByName("object_id")->chunk(0));
  EXPECT_EQ(id.GetString(0), "i0");
  EXPECT_EQ(id.GetString(3), "72");
  EXPECT_EQ(table->GetColumnByName("separation_arcsec_curve")->null_count(), 2);
}

TEST_F(ObjectTableTest, RowsMoveToOneYear) {
  paths.clear();
  write("gaia.csv", "object_id,ra,dec,pmra,pmdec,ref_epoch\n1,10,0,2000,0,2016\n");
  write("far.csv", "object_id,ra,dec\n2,10,0\n");
  write("old.csv", "object_id,ra,dec,epoch\n3,9.991111111,0,2000\n");
  const MatchTablesOptions options{.match = {.radius_arcsec = 1}, .join = Join::kLeft};
  auto report = match_objects(paths, folder / "out.parquet", options);
  EXPECT_EQ(report.members, (Rows{1, 0, 1})) << "where the star was in 2000";
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_NE(report.notes[0].find("2000"), std::string::npos);
  auto in_2016 = options;
  in_2016.epoch_yr = 2016;
  EXPECT_EQ(match_objects(paths, folder / "out16.parquet", in_2016).members, (Rows{1, 1, 0}));
}

TEST_F(ObjectTableTest, JoinsKeepFewer) {
  MatchTablesOptions options{.match = {.radius_arcsec = 1}, .join = Join::kLeft};
  EXPECT_EQ(match_objects(paths, folder / "out.csv", options).objects, 2);
  options.join = Join::kInner;
  EXPECT_EQ(match_objects(paths, folder / "out.csv", options).objects, 1);
  EXPECT_EQ(io::read_csv(folder / "out.csv")->num_rows(), 1);
}

TEST_F(ObjectTableTest, TablesOfTheSameNameAndTooLittleMemory) {
  MatchTablesOptions options{.match = {.radius_arcsec = 1}};
  match_objects({paths[0], paths[0], paths[2]}, folder / "out.parquet", options);
  EXPECT_NE(io::read_parquet(folder / "out.parquet")->GetColumnByName("row_image_2"), nullptr);
  options.memory_bytes = 100;
  EXPECT_THROW(match_objects(paths, folder / "out2.parquet", options), base::UserError);
}

}  // namespace
}  // namespace asterism::data
