#include "data/catalogue_writer.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

TEST(CatalogueWriter, PathsFollowTheStandard) {
  EXPECT_EQ(partition_path({1, 44}), "Norder=1/Dir=0/Npix=44.parquet");
  EXPECT_EQ(partition_path({7, 65951}), "Norder=7/Dir=60000/Npix=65951.parquet");
}

TEST(CatalogueWriter, DescribesItsFiles) {
  const base::TemporaryFolder folder;
  arrow::Int64Builder builder;
  ASSERT_TRUE(builder.AppendValues({5, 6, 7}).ok());
  const auto schema =
      arrow::schema({arrow::field("_healpix_29", arrow::int64()), arrow::field("object_id", arrow::utf8())});
  arrow::StringBuilder ids;
  ASSERT_TRUE(ids.AppendValues({"a", "b", "c"}).ok());
  const auto rows = arrow::Table::Make(schema, {*builder.Finish(), *ids.Finish()});
  CatalogueWriter writer(folder / "cat", schema, {.rows_per_group = 2, .zstd_level = 1});
  writer.add({0, 0}, *rows);
  EXPECT_THROW(writer.add({0, 0}, *rows), base::CheckError) << "out of sky order";
  Properties properties;
  properties.set("obs_collection", "cat");
  writer.finish(properties);
  EXPECT_EQ(Properties::read(folder / "cat" / "hats.properties").need_integer("hats_nrows"), 3);
  const auto all = io::ParquetFile::open(folder / "cat" / "dataset" / "_metadata");
  EXPECT_EQ(all.num_rows(), 3);
  EXPECT_EQ(all.num_row_groups(), 2);
  EXPECT_EQ(io::ParquetFile::open(folder / "cat" / "dataset" / "_common_metadata").num_rows(), 0);
}

// Rows of a file go over one row group after the other, and the catalogue is the same.
TEST(CatalogueWriter, TakesTheRowsOfAFile) {
  const base::TemporaryFolder folder;
  arrow::Int64Builder builder;
  ASSERT_TRUE(builder.AppendValues({5, 6, 7, 8, 9}).ok());
  arrow::StringBuilder ids;
  ASSERT_TRUE(ids.AppendValues({"a", "b", "c", "d", "e"}).ok());
  const auto schema =
      arrow::schema({arrow::field("_healpix_29", arrow::int64()), arrow::field("object_id", arrow::utf8())});
  const auto rows = arrow::Table::Make(schema, {*builder.Finish(), *ids.Finish()});
  io::write_parquet(folder / "rows.parquet", *rows, {.rows_per_group = 2});
  for (const char* name : {"of_table", "of_file"}) {
    CatalogueWriter writer(folder / name, schema, {.rows_per_group = 3, .zstd_level = 1});
    if (std::string(name) == "of_table")
      writer.add({0, 0}, *rows);
    else
      writer.add({0, 0}, io::ParquetFile::open(folder / "rows.parquet"));
    EXPECT_EQ(writer.num_rows(), 5);
    writer.finish({});
  }
  const auto of = [&](const char* name) {
    return io::ParquetFile::open(folder / name / "dataset" / partition_path({0, 0}));
  };
  const auto table = of("of_table"), file = of("of_file");
  EXPECT_EQ(table.num_row_groups(), 2);
  EXPECT_EQ(file.num_row_groups(), 2);
  EXPECT_TRUE(file.read()->Equals(*table.read()));
}

TEST(CatalogueWriter, AnEmptyCatalogueIsWhole) {
  const base::TemporaryFolder folder;
  CatalogueWriter writer(folder / "cat", arrow::schema({arrow::field("_healpix_29", arrow::int64())}), {});
  writer.finish({});
  for (const char* name :
       {"partition_info.csv", "hats.properties", "properties", "dataset/_metadata", "dataset/_common_metadata"})
    EXPECT_TRUE(std::filesystem::exists(folder / "cat" / name)) << name;
}

}  // namespace
}  // namespace asterism::data
