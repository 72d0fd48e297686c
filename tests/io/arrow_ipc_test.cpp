#include "io/arrow_ipc.h"

#include "base/atomic_file.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "tests/io/files.h"
#include "tests/io/sample_table.h"

namespace asterism::io {
namespace {

TEST(ArrowIpc, RoundTripInBatches) {
  base::TemporaryFolder folder;
  const auto table = sample_table(100);
  write_ipc(folder / "a.arrow", *table, 30);
  const IpcFile file = IpcFile::open(folder / "a.arrow");
  EXPECT_EQ(file.num_batches(), 4);
  EXPECT_EQ(file.num_rows(), 100);
  EXPECT_TRUE(file.schema()->Equals(*table->schema(), true));
  EXPECT_TRUE(file.table()->Equals(*table));
  EXPECT_EQ(file.batch(3)->num_rows(), 10);
  EXPECT_THROW(file.batch(4), base::CheckError);
}

TEST(ArrowIpc, BatchesOutliveTheFileAndCopyNothing) {
  base::TemporaryFolder folder;
  write_ipc(folder / "a.arrow", *sample_table(50000), 50000);
  const int64_t before = arrow::default_memory_pool()->bytes_allocated();
  std::shared_ptr<arrow::RecordBatch> batch;
  {
    const IpcFile file = IpcFile::open(folder / "a.arrow");
    batch = file.batch(0);
  }
  EXPECT_LT(arrow::default_memory_pool()->bytes_allocated() - before, 100000);
  EXPECT_EQ(std::static_pointer_cast<arrow::Int64Array>(batch->column(0))->Value(49999), 49999 * 3 - 5);
}

TEST(ArrowIpc, AppearsOnlyWhenClosed) {
  base::TemporaryFolder folder;
  const auto table = sample_table(5);
  {
    IpcWriter writer(folder / "a.arrow", table->schema());
    writer.write(*table);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  IpcWriter writer(folder / "a.arrow", table->schema());
  writer.write(*table->CombineChunksToBatch().ValueOrDie());
  EXPECT_THROW(writer.write(*table->SelectColumns({0}).ValueOrDie()), base::UserError);
  writer.close();
  EXPECT_EQ(IpcFile::open(folder / "a.arrow").num_rows(), 5);
}

TEST(ArrowIpc, CutAndFlippedFiles) {
  base::TemporaryFolder folder;
  write_ipc(folder / "a.arrow", *sample_table(20), 10);
  const auto bytes = read_bytes(folder / "a.arrow");
  const std::string whole(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (size_t cut = 0; cut < whole.size(); cut += 211) {
    base::write_text(folder / "cut", whole.substr(0, cut));
    EXPECT_THROW(IpcFile::open(folder / "cut").table(), base::DataError) << cut;
  }
  base::Random random(4, 0, 0, "ipc");
  for (int trial = 0; trial < 60; ++trial) {
    auto damaged = whole;
    damaged[random.below(whole.size())] ^= static_cast<char>(1 << random.below(8));
    base::write_text(folder / "flipped", damaged);
    try {
      const auto table = IpcFile::open(folder / "flipped").table();
      for (int i = 0; i < table->num_columns(); ++i) table->column(i)->ToString();  // walks the offsets
    } catch (const base::DataError&) {
    }
  }
}

}  // namespace
}  // namespace asterism::io
