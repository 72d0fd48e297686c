#include <parquet/metadata.h>

#include "base/temporary_folder.h"
#include "io/parquet.h"
#include "tests/io/files.h"
#include "tests/io/sample_table.h"

namespace asterism::io {
namespace {

TEST(ParquetWriter, KeepsValuesAndMetadata) {
  base::TemporaryFolder folder;
  const auto table = sample_table(1000);
  write_parquet(folder / "a.parquet", *table, {.rows_per_group = 300, .sorted_by = {"id"}});
  const ParquetFile file = ParquetFile::open(folder / "a.parquet");
  EXPECT_EQ(file.num_rows(), 1000);
  EXPECT_EQ(file.num_row_groups(), 4);
  EXPECT_EQ(file.rows_in_group(3), 100);
  EXPECT_TRUE(file.schema()->Equals(*table->schema()))
      << file.schema()->ToString(true);  // lists come back with "element" for "item"
  EXPECT_EQ(file.metadata().at("survey"), "mock");
  EXPECT_EQ(file.schema()->GetFieldByName("flux")->metadata()->Get("unit").ValueOrDie(), "nanomaggy");
  EXPECT_TRUE(file.read()->Equals(*table));
  const auto chunk = file.footer()->RowGroup(0)->ColumnChunk(0);
  EXPECT_EQ(chunk->compression(), arrow::Compression::ZSTD);
  ASSERT_EQ(file.footer()->RowGroup(0)->sorting_columns().size(), 1u);
  EXPECT_EQ(file.footer()->RowGroup(0)->sorting_columns()[0].column_idx, 0);
  EXPECT_FALSE(file.footer()->RowGroup(0)->ColumnChunk(1)->has_dictionary_page());
}

TEST(ParquetWriter, GathersSmallTablesIntoGroups) {
  base::TemporaryFolder folder;
  const auto table = sample_table(95);
  {
    ParquetWriter writer(folder / "a.parquet", table->schema(), {.rows_per_group = 40});
    for (int64_t at = 0; at < 95; at += 7) writer.write(*table->Slice(at, 7));
    EXPECT_EQ(writer.num_rows(), 95);
    EXPECT_FALSE(std::filesystem::exists(folder / "a.parquet"));
    writer.close();
    EXPECT_EQ(writer.metadata()->num_row_groups(), 3);
  }
  EXPECT_TRUE(read_parquet(folder / "a.parquet")->Equals(*table));
  {
    ParquetWriter writer(folder / "b.parquet", table->schema());
    writer.write(*table->Slice(0, 10));
    writer.flush();
    writer.write(*table->Slice(10, 10));
    writer.close();
  }
  EXPECT_EQ(ParquetFile::open(folder / "b.parquet").num_row_groups(), 2);
}

TEST(ParquetWriter, LeavesNothingWithoutClose) {
  base::TemporaryFolder folder;
  const auto table = sample_table(10);
  {
    ParquetWriter writer(folder / "a.parquet", table->schema());
    writer.write(*table);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  ParquetWriter writer(folder / "a.parquet", table->schema());
  EXPECT_NE(message_of<base::UserError>([&] {
              writer.write(*table->SelectColumns({0}).ValueOrDie());
            }).find("not those of the file"),
            std::string::npos);
  EXPECT_THROW(write_parquet(folder / "a.parquet", *table, {.sorted_by = {"nope"}}), base::UserError);
  EXPECT_THROW(write_parquet(folder / "none/a.parquet", *table), base::UserError);
}

TEST(ParquetWriter, SchemaAndMetadataFiles) {
  base::TemporaryFolder folder;
  const auto table = sample_table(20);
  write_parquet_schema(folder / "_common_metadata", table->schema());
  EXPECT_EQ(ParquetFile::open(folder / "_common_metadata").num_rows(), 0);
  EXPECT_EQ(ParquetFile::open(folder / "_common_metadata").num_row_groups(), 0);
  std::vector<std::pair<std::string, std::shared_ptr<parquet::FileMetaData>>> files;
  for (const char* name : {"Npix=1.parquet", "Npix=2.parquet"}) {
    ParquetWriter writer(folder / name, table->schema(), {.rows_per_group = 15});
    writer.write(*table);
    writer.close();
    files.emplace_back(std::string("Norder=0/") + name, writer.metadata());
  }
  write_parquet_metadata(folder / "_metadata", files);
  // Its row groups lie in other files: only the footer can be read.
  const auto text = read_bytes(folder / "_metadata");
  const auto length = static_cast<int64_t>(text.size()) - 12;
  const auto all = parquet::FileMetaData::Make(text.data() + 4, length);
  EXPECT_EQ(all->num_rows(), 40);
  ASSERT_EQ(all->num_row_groups(), 4);
  EXPECT_EQ(all->RowGroup(1)->ColumnChunk(0)->file_path(), "Norder=0/Npix=1.parquet");
  EXPECT_EQ(all->RowGroup(2)->ColumnChunk(0)->file_path(), "Norder=0/Npix=2.parquet");
  EXPECT_EQ(files[0].second->RowGroup(0)->ColumnChunk(0)->file_path(), "");
}

}  // namespace
}  // namespace asterism::io
