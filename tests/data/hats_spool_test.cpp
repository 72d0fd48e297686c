#include "data/hats_spool.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "base/temporary_folder.h"

namespace asterism::data {
namespace {

std::shared_ptr<arrow::Table> numbered_rows(const std::vector<int64_t>& indices, int64_t first) {
  arrow::Int64Builder index, number;
  for (size_t i = 0; i < indices.size(); ++i) {
    EXPECT_TRUE(index.Append(indices[i]).ok());
    EXPECT_TRUE(number.Append(first + int64_t(i)).ok());
  }
  return arrow::Table::Make(
      arrow::schema({arrow::field("_healpix_29", arrow::int64()), arrow::field("number", arrow::int64())}),
      {*index.Finish(), *number.Finish()});
}

TEST(HatsSpool, RowsComeBackInSkyOrderFromManyRuns) {
  const base::TemporaryFolder folder;
  base::Random random(1, 0, 0, "spool");
  const int64_t all = int64_t{12} << 58;
  for (const int64_t run_bytes : {int64_t{1} << 30, int64_t{2000}}) {
    HatsSpool spool(folder / "spool", numbered_rows({}, 0)->schema(), run_bytes);
    std::vector<int64_t> indices;
    for (int part = 0; part < 20; ++part) {
      std::vector<int64_t> some;
      for (int i = 0; i < 50; ++i) some.push_back(int64_t(random.below(uint64_t(all))));
      spool.add(numbered_rows(some, int64_t(indices.size())));
      indices.insert(indices.end(), some.begin(), some.end());
    }
    spool.end();
    EXPECT_EQ(spool.num_rows(), 1000);
    EXPECT_EQ(spool.indices().size() > 1, run_bytes < 10000);
    int64_t total = 0;
    for (int64_t base = 0; base < 12; ++base) {
      const auto table = spool.rows_inside({0, base});
      const auto& index = static_cast<const arrow::Int64Array&>(*table->column(0)->chunk(0));
      const auto& number = static_cast<const arrow::Int64Array&>(*table->column(1)->chunk(0));
      for (int64_t i = 0; i < index.length(); ++i) {
        EXPECT_EQ(index.Value(i), indices[size_t(number.Value(i))]);
        EXPECT_EQ(index.Value(i) >> 58, base);
        if (i > 0) {
          EXPECT_LE(index.Value(i - 1), index.Value(i));
        }
      }
      total += index.length();
    }
    EXPECT_EQ(total, 1000);
    const auto places = spool.rows_at({{0, 3}, {0, 1}});
    EXPECT_EQ(static_cast<const arrow::Int64Array&>(*places->column(0)->chunk(0)).Value(1), spool.indices()[0][1]);
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "spool")) << "the spool cleans up";
}

}  // namespace
}  // namespace asterism::data
