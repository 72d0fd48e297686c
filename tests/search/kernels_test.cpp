#include "search/kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "base/aligned.h"
#include "planted_rows.h"

namespace asterism::search {
namespace {

class KernelsOf : public testing::TestWithParam<int> {
 protected:
  const Kernels* kernel_ = &runnable_kernels()[size_t(GetParam())];
};
INSTANTIATE_TEST_SUITE_P(, KernelsOf, testing::Range(0, int(runnable_kernels().size())),
                         [](const auto& info) { return std::string(runnable_kernels()[size_t(info.param)].name); });

double oracle(const float* a, const float* b, size_t d, bool distance) {
  double sum = 0;
  for (size_t i = 0; i < d; ++i) {
    const double x = a[i], y = b[i];
    sum += distance ? -(x - y) * (x - y) : x * y;
  }
  return sum;
}

TEST_P(KernelsOf, PackingIsATransposePaddedWithZeros) {
  for (const size_t d : {1, 7, 8, 9, 64, 257}) {
    const Matrix rows = normal_matrix(kernel_->nr, d, 1);
    std::vector<const float*> pointers;
    for (size_t j = 0; j < kernel_->nr; ++j) pointers.push_back(rows.rows().row(j));
    for (const size_t count : {size_t{1}, kernel_->nr - 1, kernel_->nr}) {
      base::AlignedVector<float> packed(d * kernel_->nr, 99);
      kernel_->pack_rows(pointers.data(), count, d, packed.data());
      for (size_t i = 0; i < d; ++i)
        for (size_t j = 0; j < kernel_->nr; ++j)
          ASSERT_EQ(packed[i * kernel_->nr + j], j < count ? pointers[j][i] : 0)
              << kernel_->name << " " << d << " " << i << " " << j;
    }
  }
}

TEST_P(KernelsOf, TilesOfEverySizeAgreeWithFloat64) {
  for (const size_t d : {1, 3, 32, 300}) {
    Matrix queries = normal_matrix(kernel_->mr, d, 2), rows = normal_matrix(kernel_->nr, d, 3);
    std::vector<const float*> pointers;
    for (size_t j = 0; j < rows.n; ++j) pointers.push_back(rows.row(j));
    base::AlignedVector<float> packed_rows(d * kernel_->nr), packed_queries(d * kernel_->mr), tile(kMaxTile);
    kernel_->pack_rows(pointers.data(), kernel_->nr, d, packed_rows.data());
    for (size_t m = 1; m <= kernel_->mr; ++m) {
      for (size_t i = 0; i < d; ++i)
        for (size_t q = 0; q < m; ++q) packed_queries[i * m + q] = queries.row(q)[i];
      for (const bool distance : {false, true}) {
        (distance ? kernel_->minus_distances : kernel_->inner_products)(m, d, packed_queries.data(), packed_rows.data(),
                                                                        tile.data());
        for (size_t q = 0; q < m; ++q)
          for (size_t r = 0; r < kernel_->nr; ++r)
            ASSERT_NEAR(tile[q * kernel_->nr + r], oracle(queries.row(q), rows.row(r), d, distance),
                        4e-6 * double(d) + 1e-6)
                << kernel_->name << " m " << m << " d " << d;
      }
    }
  }
}

TEST_P(KernelsOf, PairsAgreeWithFloat64) {
  for (const size_t d : {1, 7, 8, 31, 32, 33, 500}) {
    Matrix both = normal_matrix(2, d, 4);
    EXPECT_NEAR(kernel_->inner_product(both.row(0), both.row(1), d), oracle(both.row(0), both.row(1), d, false),
                4e-6 * double(d) + 1e-6);
    EXPECT_NEAR(kernel_->minus_distance(both.row(0), both.row(1), d), oracle(both.row(0), both.row(1), d, true),
                4e-6 * double(d) + 1e-6);
    EXPECT_EQ(kernel_->minus_distance(both.row(0), both.row(0), d), 0);
  }
}

TEST_P(KernelsOf, AResultHasTheSameBitsWhateverTheTile) {
  const size_t d = 100;
  Matrix queries = normal_matrix(kernel_->mr, d, 5), rows = normal_matrix(1, d, 6);
  base::AlignedVector<float> packed_rows(d * kernel_->nr), packed_queries(d * kernel_->mr), tile(kMaxTile);
  const float* pointer = rows.row(0);
  kernel_->pack_rows(&pointer, 1, d, packed_rows.data());
  float alone = 0;
  for (size_t m = 1; m <= kernel_->mr; ++m) {
    for (size_t i = 0; i < d; ++i)
      for (size_t q = 0; q < m; ++q) packed_queries[i * m + q] = queries.row(q)[i];
    kernel_->inner_products(m, d, packed_queries.data(), packed_rows.data(), tile.data());
    if (m == 1) alone = tile[0];
    EXPECT_EQ(std::bit_cast<uint32_t>(tile[0]), std::bit_cast<uint32_t>(alone)) << m;
  }
}

TEST(Kernels, TheWidestIsUsed) {
  EXPECT_EQ(runnable_kernels().front().name, "portable");
  EXPECT_EQ(kernels().name, runnable_kernels().back().name);
  for (const Kernels& kernel : runnable_kernels()) EXPECT_LE(kernel.mr * kernel.nr, kMaxTile);
}

}  // namespace
}  // namespace asterism::search
