#include "nn/byte_tiles.h"

#include <gtest/gtest.h>

#include "nn/in_threads.h"
#include "products_of_bytes.h"

namespace asterism::nn {
namespace {

using test::exact_product;

at::Tensor any_bytes(int64_t rows, int64_t columns, uint64_t seed) {
  return test::random_bytes(rows, columns, 127, seed);
}

at::Tensor by_tiles_of_bytes(const at::Tensor& x, const at::Tensor& w) {
  auto sum = at::full({x.size(0), w.size(0)}, -77, at::kInt);
  auto* to = sum.mutable_data_ptr<int32_t>();
  ByteTiles(w).multiply(x, [&](int64_t row, int64_t first, int64_t count, const int32_t* sums) {
    std::copy_n(sums, count, to + row * w.size(0) + first);
  });
  return sum;
}

class ByteTilesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!ByteTiles::available()) GTEST_SKIP() << "no matrix tiles";
  }
};

// Rows and outputs that fill no tile and more than one block, inputs that fill no row of one.
TEST_F(ByteTilesTest, SumsAreExactForAnyShape) {
  for (const int64_t rows : {1, 15, 16, 17, 33, 129, 300})
    for (const int64_t inputs : {1, 3, 4, 63, 64, 65, 1000})
      for (const int64_t outputs : {1, 15, 16, 17, 100, 530}) {
        const auto x = any_bytes(rows, inputs, 1), w = any_bytes(outputs, inputs, 2);
        ASSERT_TRUE(at::equal(by_tiles_of_bytes(x, w), exact_product(x, w)))
            << rows << " rows, " << inputs << " by " << outputs;
      }
}

TEST_F(ByteTilesTest, HalvesComeTogether) {
  for (const int64_t outputs : {32, 96, 1088}) {
    const auto x = any_bytes(140, 70, 1), w = any_bytes(outputs, 70, 2);
    const int64_t half = outputs / 2;
    auto sum = at::zeros({140, outputs}, at::kInt);
    auto* to = sum.mutable_data_ptr<int32_t>();
    const ByteTiles tiles(w);
    ASSERT_TRUE(tiles.halves());
    tiles.multiply_halves(x, [&](int64_t row, int64_t first, int64_t count, const int32_t* a, const int32_t* b) {
      std::copy_n(a, count, to + row * outputs + first);
      std::copy_n(b, count, to + row * outputs + half + first);
    });
    EXPECT_TRUE(at::equal(sum, exact_product(x, w))) << outputs;
  }
  EXPECT_FALSE(ByteTiles(any_bytes(48, 70, 2)).halves());
}

TEST_F(ByteTilesTest, ThreadsAndNoRowsAreAllTheSame) {
  const auto x = any_bytes(2000, 70, 1), w = any_bytes(90, 70, 2);
  const auto alone = by_tiles_of_bytes(x, w);
  at::Tensor within;
  in_threads(2, 1, [&](int64_t begin, int64_t) {
    if (begin == 0) within = by_tiles_of_bytes(x, w);  // one thread of several
  });
  EXPECT_TRUE(at::equal(alone, within));
  EXPECT_TRUE(at::equal(by_tiles_of_bytes(x.narrow(0, 0, 30), w), alone.narrow(0, 0, 30)));
  EXPECT_EQ(by_tiles_of_bytes(x.narrow(0, 0, 0), w).numel(), 0);
}

TEST_F(ByteTilesTest, RowsOfAnotherLengthAreRefused) {
  EXPECT_THROW(by_tiles_of_bytes(any_bytes(3, 8, 1), any_bytes(4, 9, 2)), std::exception);
}

}  // namespace
}  // namespace asterism::nn
