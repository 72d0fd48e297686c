#include "search/row_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "planted_rows.h"

namespace asterism::search {
namespace {

TEST(RowStore, NormaliseInFloat64) {
  const float tiny[2] = {3e-30F, 4e-30F}, zero[2] = {0, -0.0F};
  float out[2];
  EXPECT_TRUE(normalise(tiny, 2, out));  // its square is below float32
  EXPECT_FLOAT_EQ(out[0], 0.6F);
  EXPECT_FLOAT_EQ(out[1], 0.8F);
  EXPECT_FALSE(normalise(zero, 2, out));
  EXPECT_EQ(out[0], 0);
}

TEST(RowStore, RowsKeepTheirPlaceAcrossBlocksAndAppends) {
  const Matrix rows = normal_matrix(10000, 3, 1);
  RowStore store(Metric::inner_product, 3);
  const float* first = nullptr;
  for (size_t begin = 0; begin < rows.n; begin += 777) {
    store.append(rows.rows(begin, std::min(rows.n, begin + 777)));
    if (first == nullptr) first = store.row(0);
  }
  EXPECT_EQ(store.row(0), first);  // blocks never move
  ASSERT_EQ(store.size(), rows.n);
  for (size_t i = 0; i < rows.n; ++i) ASSERT_EQ(store.row(i)[2], rows.rows().row(i)[2]) << i;
}

TEST(RowStore, RefusedVectorsAddNothing) {
  Matrix rows = normal_matrix(20, 4, 2);
  RowStore store(Metric::cosine, 4);
  for (const float bad : {float(NAN), float(INFINITY), 2e15F}) {
    rows.row(7)[2] = bad;
    try {
      store.append(rows.rows());
      FAIL();
    } catch (const base::DataError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("vector 7, number 2"));
    }
    EXPECT_EQ(store.size(), 0u);
  }
  EXPECT_THROW(store.append({rows.values.data(), 16, 5}), base::UserError);
  EXPECT_THROW(RowStore(Metric::l2, 0), base::UserError);
  EXPECT_THROW(RowStore(Metric::l2, kMaxDimension + 1), base::UserError);
  float out[4];
  EXPECT_THROW(store.copy_row(0, out), base::CheckError);
}

// Files whose checksums are right and whose contents are not: only a full check can tell.
TEST(RowStore, CheckFindsContentsThatCannotBe) {
  const base::TemporaryFolder folder;
  const auto check_of = [&](Metric metric, std::vector<float> values, uint64_t absent) {
    const IndexHeader header{"exact", metric, values.size() / 2, 2, 0};
    IndexFileWriter writer(folder / "i", header);
    writer.write_rows(values.data(), header.rows);
    writer.write_absent(std::vector<uint64_t>{absent});
    writer.commit();
    RowStore(IndexFile(folder / "i")).check();
  };
  EXPECT_NO_THROW(check_of(Metric::cosine, {1, 0, 0, 0}, 2));
  EXPECT_THROW(check_of(Metric::cosine, {1, 0, 0, 0}, 0), base::DataError);  // zeros not marked
  EXPECT_THROW(check_of(Metric::cosine, {1, 0, 0, 0}, 3), base::DataError);  // marked without being zeros
  EXPECT_THROW(check_of(Metric::cosine, {1, 1}, 0), base::DataError);        // not of length 1
  EXPECT_NO_THROW(check_of(Metric::l2, {1, 1}, 0));
  EXPECT_THROW(check_of(Metric::l2, {1, float(NAN)}, 0), base::DataError);
  EXPECT_THROW(check_of(Metric::l2, {1, 1e16F}, 0), base::DataError);
}

}  // namespace
}  // namespace asterism::search
