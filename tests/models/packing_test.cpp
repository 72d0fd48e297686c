#include "models/packing.h"

#include <gtest/gtest.h>

#include "nn/linear.h"

namespace asterism::models {
namespace {

Rows packed_rows(const std::vector<int64_t>& objects) {
  Rows r;
  r.object = objects;
  r.position.assign(objects.size(), 0);
  return r;
}

TEST(Packing, RowsLieObjectAfterObjectInTheOrderOfTheCandidates) {
  const std::vector<Rows> rows{packed_rows({0, 2}), packed_rows({0, 0, 2, 3}), packed_rows({2})};
  EXPECT_EQ(row_counts(rows, 4), (std::vector<int64_t>{3, 0, 3, 1}));
  const auto packing = pack(rows, {1, 1, 1, 1}, 1);
  EXPECT_EQ(packing.objects.starts, (std::vector<int64_t>{0, 3, 4, 7, 8}));
  const auto x = packing.scatter(at::arange(1, 8, at::kFloat).unsqueeze(1));
  EXPECT_TRUE(at::equal(x.squeeze(1), at::tensor({1.0F, 3.0F, 4.0F, 0.0F, 2.0F, 5.0F, 7.0F, 6.0F})));
  EXPECT_TRUE(at::equal(x.index_select(0, packing.places_R()).squeeze(1), at::arange(1, 8, at::kFloat)));
  EXPECT_TRUE(at::allclose(packing.mean(x).squeeze(1), at::tensor({8.0F / 3, 0.0F, 14.0F / 3, 6.0F})));
}

TEST(Packing, ObjectsThatAreNotKeptHaveNoRows) {
  const auto packing = pack({packed_rows({0, 0, 2})}, {1, 0, 1}, 1);
  EXPECT_EQ(packing.objects.starts, (std::vector<int64_t>{0, 2, 2, 3}));
  EXPECT_EQ(packing.mean(at::ones({3, 1}))[1].item<float>(), 0);
}

TEST(Packing, WithoutALeastAnObjectMayHaveNoRows) {
  EXPECT_EQ(pack({packed_rows({1})}, {1, 1}, 0).objects.starts, (std::vector<int64_t>{0, 0, 1}));
}

// Nobody's rows come last, in as many groups on both sides, and every group of queries has keys.
TEST(Packing, FillsUpToSizesMetBefore) {
  for (const auto& [rows_in, rows_out] :
       {std::pair<int64_t, int64_t>{1, 1}, {64, 64}, {1030, 700}, {64, 5000}, {9000, 3}}) {
    Packing in, out;
    in.objects.add(rows_in);
    out.objects.add(rows_out);
    fill_up(in, out, 100);
    EXPECT_EQ(in.objects.rows(), nn::rows_at_once(in.objects.rows()));
    EXPECT_EQ(out.objects.rows(), nn::rows_at_once(rows_out));
    ASSERT_EQ(in.objects.groups(), out.objects.groups());
    EXPECT_EQ(in.objects.length(0), rows_in);
    EXPECT_EQ(out.objects.length(0), rows_out);
    for (int64_t g = 1; g < in.objects.groups(); ++g) {
      EXPECT_GE(in.objects.length(g), 1);
      EXPECT_LE(out.objects.length(g), 100);
    }
  }
}

}  // namespace
}  // namespace asterism::models
