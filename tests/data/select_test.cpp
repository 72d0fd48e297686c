#include "data/select.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/arrow_lists.h"
#include "data/hats_write.h"
#include "data/match_tables.h"
#include "io/csv.h"
#include "io/parquet.h"
#include "tests/data/match_files.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

std::vector<std::string> texts(const arrow::Table& table, const std::string& name) {
  std::vector<std::string> out;
  const auto column = one_chunk(*table.GetColumnByName(name), name);
  for (int64_t i = 0; i < column->length(); ++i) out.push_back(read_text(*column, i, name));
  std::sort(out.begin(), out.end());
  return out;
}

std::filesystem::path source_catalog() { return shared_folder() / "fixtures" / "hats_tiny"; }

// The catalogue that hats-import made, and the cone that LSDB cut out of it.
TEST(Select, FindsTheConeThatLsdbFound) {
  if (!std::filesystem::exists(source_catalog())) GTEST_SKIP() << "no " << source_catalog() << ": set ASTERISM_SHARED";
  const base::TemporaryFolder folder;
  const auto theirs = io::read_parquet(source_catalog() / "cone_a_0_-1.5_1800arcsec.parquet");
  const auto dataset = HatsReader::open(source_catalog() / "tiny_a");
  const auto report = select_rows(dataset, folder / "cone.parquet", {.region = {.cone = parse_cone("0,-1.5,1800")}});
  const auto ours = io::read_parquet(folder / "cone.parquet");
  EXPECT_EQ(report.rows, 136);
  EXPECT_EQ(texts(*ours, "object_id"), texts(*theirs, "object_id"));
  EXPECT_TRUE(ours->schema()->Equals(*dataset.schema(), false));
  EXPECT_LT(report.files_opened, 12);
  EXPECT_EQ(report.files, int64_t(dataset.files().size()));
  EXPECT_LT(report.bytes_read, report.bytes / 2);
}

TEST(Select, TheTinyCataloguesMatchAsLsdbMatchedThem) {
  if (!std::filesystem::exists(source_catalog())) GTEST_SKIP() << "no " << source_catalog() << ": set ASTERISM_SHARED";
  const base::TemporaryFolder folder;
  const auto theirs = io::read_parquet(source_catalog() / "crossmatch_1arcsec.parquet");
  match_tables(source_catalog() / "tiny_a", source_catalog() / "tiny_b", folder / "m.parquet",
               {.columns_a = {"z"}, .columns_b = {"mag"}});
  const auto ours = io::read_parquet(folder / "m.parquet");
  EXPECT_EQ(ours->num_rows(), 400);
  EXPECT_EQ(texts(*ours, "object_id_a"), texts(*theirs, "object_id_a"));
  EXPECT_EQ(texts(*ours, "object_id_b"), texts(*theirs, "object_id_b"));
}

TEST(Select, ReadsOnlyGroupsThatMayHoldRowsAndOtherColumnsOnlyWhereRowsAre) {
  const base::TemporaryFolder folder;
  const SkyList list = sky_list(1, 2000, 100);
  write_list(folder / "t.parquet", list, 50);
  const auto dataset = HatsReader::open(folder / "t.parquet");
  const SelectReport whole = select_rows(dataset, folder / "all.parquet", {});
  EXPECT_EQ(whole.rows, 2000);
  EXPECT_EQ(whole.groups_read, 40);
  EXPECT_LE(whole.bytes_read, whole.bytes);
  const SkyRegion north{.cone = parse_cone("0,90,200")};
  int64_t inside = 0;
  for (size_t i = 0; i < list.ra.size(); ++i) inside += north.contains(list.ra[i], list.dec[i]);
  const auto part = select_rows(dataset, folder / "n.csv", {.region = north, .columns = {"object_id"}});
  EXPECT_GT(inside, 100);
  EXPECT_EQ(part.rows, inside);
  const auto table = io::read_csv(folder / "n.csv");
  EXPECT_EQ(table->num_rows(), inside);
  EXPECT_EQ(table->schema()->field_names(), std::vector<std::string>{"object_id"});
  const auto nothing = select_rows(dataset, folder / "0.parquet", {.region = {.cone = parse_cone("200,33,0.001")}});
  EXPECT_EQ(nothing.rows, 0);
  EXPECT_LT(nothing.bytes_read, whole.bytes_read);
  EXPECT_EQ(io::read_parquet(folder / "0.parquet")->num_columns(), 3);
}

TEST(Select, ByIdFromEveryPart) {
  const base::TemporaryFolder folder;
  const auto batch = sample_batch(40);
  HatsWriter writer(folder / "set", {.name = "set"});
  writer.add(batch);
  writer.finish();
  const auto dataset = HatsReader::open(folder / "set");
  std::string placed, unplaced;
  for (const auto& object : batch.objects) (object.has_position ? placed : unplaced) = object.id;
  ASSERT_FALSE(unplaced.empty());
  const auto report = select_rows(dataset, folder / "ids.parquet", {.ids = {placed, unplaced, "nobody"}});
  EXPECT_EQ(report.missing, (std::vector<std::string>{"nobody"}));
  EXPECT_EQ(report.rows, 2);
  const auto table = io::read_parquet(folder / "ids.parquet");
  EXPECT_EQ(texts(*table, "object_id").size(), 2u);
  EXPECT_EQ(table->GetColumnByName("_healpix_29")->null_count(), 1);
  EXPECT_THROW(select_rows(dataset, folder / "x.parquet", {.columns = {"flux_q"}}), base::UserError);
}

// Ids with Python's marks and blanks are the ids without them, as everywhere else.
TEST(Select, IdsAsPublishedFilesWriteThem) {
  const base::TemporaryFolder folder;
  const std::vector<std::string> ids = {"b'   257503'", "  257504", "x"};
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("ra", arrow::float64()), arrow::field("dec", arrow::float64()),
                     arrow::field("object_id", arrow::utf8())}),
      {column_of<arrow::DoubleBuilder>(std::vector<double>{1, 2, 3}),
       column_of<arrow::DoubleBuilder>(std::vector<double>{1, 2, 3}), column_of<arrow::StringBuilder>(ids)});
  io::write_parquet(folder / "t.parquet", *table, {.rows_per_group = 1});
  const auto dataset = HatsReader::open(folder / "t.parquet");
  for (const char* id : {"257503", "257504", "x"}) {
    const auto report = select_rows(dataset, folder / (std::string(id) + ".parquet"), {.ids = {id}});
    EXPECT_EQ(report.rows, 1) << id;
    EXPECT_TRUE(report.missing.empty()) << id;
  }
  match_tables(folder / "t.parquet", folder / "t.parquet", folder / "m.csv", {});
  EXPECT_EQ(texts(*io::read_parquet(folder / "x.parquet"), "object_id"), (std::vector<std::string>{"x"}));
}

}  // namespace
}  // namespace asterism::data
