#include "base/atomic_file.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "io/parquet.h"
#include "tests/io/files.h"
#include "tests/io/sample_table.h"

namespace asterism::io {
namespace {

std::string as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(ParquetFile, ReadsAFileOfPyarrow) {
  const ParquetFile file = ParquetFile::open(golden_path("pyarrow.parquet"));
  EXPECT_EQ(file.num_rows(), 10);
  EXPECT_EQ(file.num_row_groups(), 3);
  const auto table = file.read({"vector", "name"});
  EXPECT_EQ(table->field(0)->name(), "vector");  // in the order asked
  EXPECT_EQ(table->field(0)->type()->id(), arrow::Type::FIXED_SIZE_LIST);
  EXPECT_EQ(table->GetColumnByName("name")->null_count(), 1);
  const auto part = file.read_groups({1}, {"id", "spectrum.flux"});
  EXPECT_EQ(part->num_rows(), 4);
  EXPECT_EQ(part->schema()->GetFieldByName("spectrum")->type()->num_fields(), 1);
  EXPECT_EQ(part->GetColumnByName("id")->GetScalar(0).ValueOrDie()->ToString(), "4");
}

TEST(ParquetFile, RangesOfColumnsByRowGroup) {
  base::TemporaryFolder folder;
  write_parquet(folder / "a.parquet", *sample_table(100), {.rows_per_group = 50});
  const ParquetFile file = ParquetFile::open(folder / "a.parquet");
  EXPECT_EQ(file.integer_range(1, "id"), (std::pair<int64_t, int64_t>{145, 292}));
  ASSERT_TRUE(file.range(0, "flux"));
  EXPECT_EQ(file.range(0, "flux")->high, 24.5);
  EXPECT_EQ(file.range(0, "id")->low, -5);
  EXPECT_FALSE(file.range(0, "name"));
  EXPECT_FALSE(file.integer_range(0, "flux"));
}

TEST(ParquetFile, MissingColumnsNameTheNearest) {
  const ParquetFile file = ParquetFile::open(golden_path("pyarrow.parquet"));
  EXPECT_NE(message_of([&] { file.read({"nam"}); }).find("has no column 'nam'; the nearest is 'name'"),
            std::string::npos);
  EXPECT_NE(message_of([&] { file.read({"spectrum.flx"}); }).find("'spectrum.flux'"), std::string::npos);
  EXPECT_THROW(file.read_groups({3}), base::CheckError);
}

TEST(ParquetFile, ARealMultimodalUniverseFile) {
  ASTERISM_NEED_REAL_DATA();
  const ParquetFile file = ParquetFile::open(real_path("desi/mmu-desi.parquet"));
  EXPECT_EQ(file.num_rows(), 2);
  const auto table = file.read({"spectrum", "Z", "object_id"});
  const auto z = std::static_pointer_cast<arrow::FloatArray>(table->GetColumnByName("Z")->chunk(0));
  EXPECT_NEAR(z->Value(0), 0.5354, 1e-4);
  EXPECT_NEAR(z->Value(1), 1.5632, 1e-4);
  const auto spectrum = std::static_pointer_cast<arrow::StructArray>(table->GetColumnByName("spectrum")->chunk(0));
  EXPECT_EQ(spectrum->num_fields(), 5);
}

TEST(ParquetFile, WhatIsNoParquet) {
  base::TemporaryFolder folder;
  base::write_text(folder / "empty", "");
  base::write_text(folder / "text", "PAR1 but nothing of the kind PAR1");
  EXPECT_THROW(ParquetFile::open(folder / "empty"), base::DataError);
  EXPECT_THROW(ParquetFile::open(folder / "text"), base::DataError);
  EXPECT_THROW(ParquetFile::open(folder / "none"), base::UserError);
  EXPECT_THROW(ParquetFile::open(folder.path()), base::UserError);
}

TEST(ParquetFile, CutFilesAreRefused) {
  base::TemporaryFolder folder;
  const auto whole = as_text(read_bytes(golden_path("pyarrow.parquet")));
  for (size_t cut = 0; cut < whole.size(); cut += 97) {
    base::write_text(folder / "cut", whole.substr(0, cut));
    EXPECT_THROW(ParquetFile::open(folder / "cut").read(), base::DataError) << cut;
  }
}

TEST(ParquetFile, FlippedBitsAreRefusedOrRead) {
  base::TemporaryFolder folder;
  const auto whole = as_text(read_bytes(golden_path("pyarrow.parquet")));
  base::Random random(8, 0, 0, "parquet");
  int refused = 0;
  for (int trial = 0; trial < 80; ++trial) {
    auto damaged = whole;
    damaged[random.below(whole.size())] ^= static_cast<char>(1 << random.below(8));
    base::write_text(folder / "flipped", damaged);
    try {
      ParquetFile::open(folder / "flipped").read();
    } catch (const base::DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 5);
}

// Numbers as they are: nothing but the checksum of a page can tell that they were others.
TEST(ParquetFile, ChangedNumbersAreNotTheNumbers) {
  base::TemporaryFolder folder;
  write_parquet(folder / "a.parquet", *sample_table(4000),
                {.rows_per_group = 1000, .zstd_level = 0, .plain = {"flux"}});
  auto whole = as_text(read_bytes(folder / "a.parquet"));
  EXPECT_NO_THROW(read_parquet(folder / "a.parquet"));
  whole[whole.size() / 2] ^= 1;
  base::write_text(folder / "b.parquet", whole);
  EXPECT_THROW(read_parquet(folder / "b.parquet"), base::DataError);
}

TEST(ParquetFile, SaysWhichRowGroupAndColumn) {
  base::TemporaryFolder folder;
  const auto table = sample_table(4000);
  write_parquet(folder / "a.parquet", *table, {.rows_per_group = 1000});
  auto whole = as_text(read_bytes(folder / "a.parquet"));
  // Compressed pages begin with the magic number of ZSTD; one in the middle of the file is spoilt.
  const auto zstd = std::string("\x28\xb5\x2f\xfd");
  std::vector<size_t> pages;
  for (size_t at = whole.find(zstd); at != std::string::npos; at = whole.find(zstd, at + 1)) pages.push_back(at);
  ASSERT_GT(pages.size(), 12u);
  whole.replace(pages[pages.size() / 2] + 6, 8, "damaged!");
  base::write_text(folder / "b.parquet", whole);
  const std::string message = message_of([&] { read_parquet(folder / "b.parquet"); });
  EXPECT_NE(message.find("row group "), std::string::npos) << message;
  EXPECT_NE(message.find("column '"), std::string::npos) << message;
}

}  // namespace
}  // namespace asterism::io
