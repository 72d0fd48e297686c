#include "data/row_store.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(RowStore, MemoryForTheSmallAndForScalarsTheCacheForTheRest) {
  const base::TemporaryFolder folder;
  HatsWriter writer(folder / "set", {.name = "set"});
  writer.add(sample_batch(12));
  writer.finish();
  const auto dataset = HatsReader::open(folder / "set");
  const int64_t bytes = decoded_bytes(dataset, {});
  EXPECT_GT(bytes, 12 * (60 * 9 + 40 * 17));
  EXPECT_LT(bytes, 12 * 10000);
  EXPECT_EQ(open_store(folder / "set", {}, {.memory_bytes = bytes})->num_rows(), 12);
  EXPECT_EQ(open_store(folder / "set", {"flux_g"}, {.memory_bytes = 0})->num_rows(), 12);
  EXPECT_FALSE(std::filesystem::exists(folder / "set.cache")) << "no cache was needed";
  EXPECT_EQ(open_store(folder / "set", {}, {.memory_bytes = 0, .cache = folder / "there"})->num_rows(), 12);
  EXPECT_TRUE(std::filesystem::exists(folder / "there" / "cache.json"));
}

}  // namespace
}  // namespace asterism::data
