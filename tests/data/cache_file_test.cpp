#include "data/cache_file.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/temporary_folder.h"
#include "data/arrow_lists.h"

namespace asterism::data {
namespace {

TEST(CacheFile, UnpacksBitsFromAnyPlace) {
  base::Random random(1, 0, 0, "bits");
  std::vector<uint8_t> flags(200);
  for (auto& f : flags) f = uint8_t(random.below(2));
  const auto bits = bits_of(flags.data(), 200);
  for (int64_t first = 0; first < 20; ++first) {
    for (const int64_t n : {0, 1, 7, 8, 9, 64, 180}) {
      std::vector<uint8_t> out(size_t(n) + 1, 7);
      unpack_bits(bits->data(), first, n, out.data());
      for (int64_t i = 0; i < n; ++i) EXPECT_EQ(out[size_t(i)], flags[size_t(first + i)]);
      EXPECT_EQ(out[size_t(n)], 7) << "not a byte further";
    }
  }
}

TEST(CacheFile, FindsRowsInTheirBatches) {
  const base::TemporaryFolder folder;
  const auto schema = arrow::schema({arrow::field("x", arrow::float64())});
  io::IpcWriter writer(folder / "x.arrow", schema);
  double next = 0;
  for (const int64_t n : {3, 1, 5}) {
    std::vector<double> values;
    for (int64_t i = 0; i < n; ++i) values.push_back(next++);
    const std::vector<uint8_t> valid(values.size(), 1);
    writer.write(*arrow::RecordBatch::Make(schema, n, {doubles(values.data(), valid.data(), n)}));
  }
  writer.close();
  const CacheFile file(folder / "x.arrow");
  EXPECT_EQ(file.num_rows(), 9);
  const auto column = file.column<arrow::DoubleArray>("x");
  for (int64_t row = 0; row < 9; ++row) {
    const auto [batch, i] = file.find(row);
    EXPECT_EQ(column[batch]->Value(i), double(row));
  }
  EXPECT_THROW(file.find(9), base::CheckError);
  EXPECT_THROW(file.column<arrow::FloatArray>("x"), base::DataError);
  EXPECT_THROW(file.column<arrow::DoubleArray>("y"), base::DataError);
}

}  // namespace
}  // namespace asterism::data
