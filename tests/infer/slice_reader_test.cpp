#include "infer/slice_reader.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/temporary_folder.h"
#include "io/parquet.h"
#include "tests/infer/tiny_sky.h"

namespace asterism::infer {
namespace {

// Ids and fluxes in the order in which they come, and the largest batch.
struct Read {
  std::vector<std::string> ids;
  std::vector<double> fluxes;
  int64_t largest = 0;
  bool operator==(const Read&) const = default;
};

Read all_of(const data::HatsReader& reader, bool ahead) {
  Read out;
  auto columns = reader.layout().columns_for({"flux_g"});
  columns.push_back("no_such_column");
  for (size_t file = 0; file < reader.files().size(); ++file) {
    SliceReader slices(reader, file, columns, {"flux_g"}, 7, ahead);
    while (const auto slice = slices.next()) {
      EXPECT_EQ(slice->rows->num_rows(), slice->batch.size());
      out.largest = std::max(out.largest, slice->batch.size());
      for (const auto& object : slice->batch.objects) out.ids.push_back(object.id);
      const auto& flux = std::get<modalities::ScalarBlock>(slice->batch.blocks.at("flux_g"));
      out.fluxes.insert(out.fluxes.end(), flux.value.begin(), flux.value.end());
    }
    EXPECT_FALSE(slices.next()) << "the end stays the end";
  }
  return out;
}

TEST(SliceReader, GivesEveryRowOnceAheadOrNot) {
  const base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto reader = data::HatsReader::open(folder / "sky");
  const auto now = all_of(reader, false);
  EXPECT_EQ(int64_t(now.ids.size()), reader.num_rows());
  EXPECT_EQ(now.largest, 7);
  EXPECT_EQ(all_of(reader, true), now);
}

TEST(SliceReader, MayBeLeftHalfWay) {
  const base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto reader = data::HatsReader::open(folder / "sky");
  SliceReader slices(reader, 0, reader.layout().columns_for({"flux_g"}), {"flux_g"}, 1, true);
  EXPECT_TRUE(slices.next());
}

// A file of 40 row groups of vectors: what Arrow holds while it is read, beside what it holds of the whole.
TEST(SliceReader, HoldsARowGroupAtATime) {
  constexpr int64_t kRows = 1280, kWidth = 256;
  const base::TemporaryFolder folder;
  modalities::Batch batch;
  modalities::VectorBlock vectors;
  vectors.n = kRows;
  vectors.width = kWidth;
  for (int64_t i = 0; i < kRows; ++i) {
    batch.objects.push_back({"test", "object-" + std::to_string(i), true, 10 + 1e-3 * double(i % 32), 5});
    vectors.present.push_back(1);
    for (int64_t j = 0; j < kWidth; ++j) vectors.value.push_back(float(i) + 1e-3f * float(j));
  }
  batch.blocks["vector"] = vectors;
  data::HatsOptions options;
  options.group_bytes = 1;  // 32 rows, which is the fewest
  options.margin_arcsec = 0;
  data::HatsWriter writer(folder / "sky", {.name = "vectors"}, options);
  writer.add(batch);
  writer.finish();

  const auto reader = data::HatsReader::open(folder / "sky");
  ASSERT_EQ(reader.files().size(), 1u);
  ASSERT_GE(reader.groups().size(), 32u);
  const auto columns = reader.layout().columns_for({"vector"});
  const auto* pool = arrow::default_memory_pool();
  const int64_t before = pool->bytes_allocated();
  int64_t most = 0, rows = 0;
  {
    SliceReader slices(reader, 0, columns, {"vector"}, 8, false);
    while (const auto slice = slices.next()) {
      most = std::max(most, pool->bytes_allocated() - before);
      rows += slice->batch.size();
    }
  }
  EXPECT_EQ(rows, kRows);
  auto file = io::ParquetFile::open(reader.files()[0].path);
  std::vector<int> groups;
  for (int group = 0; group < file.num_row_groups(); ++group) groups.push_back(group);
  const auto whole = file.read_groups(groups, columns);
  const int64_t of_whole = pool->bytes_allocated() - before;
  EXPECT_EQ(whole->num_rows(), kRows);
  EXPECT_GE(of_whole, kRows * kWidth * int64_t(sizeof(float))) << "what is compared is not counted";
  EXPECT_LT(most, of_whole / 8);
}

}  // namespace
}  // namespace asterism::infer
