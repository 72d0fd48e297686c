#include "nn/byte_panels.h"

#include <gtest/gtest.h>

#include "nn/in_threads.h"
#include "products_of_bytes.h"

namespace asterism::nn {
namespace {

using test::exact_product;
using test::random_bytes;

at::Tensor by_panels(const at::Tensor& x, const at::Tensor& w) {
  auto sum = at::full({x.size(0), w.size(0)}, -77, at::kInt);
  BytePanels(w).multiply(x, sum);
  return sum;
}

class BytePanelsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!BytePanels::available()) GTEST_SKIP() << "no AVX2";
  }
};

// Every number of rows of a group, inputs that are no quads, outputs that fill no panel, more inputs than one block
// has.
TEST_F(BytePanelsTest, SumsAreExactForAnyShape) {
  for (const int64_t rows : {1, 2, 3, 4, 5, 6, 7, 97, 203})
    for (const int64_t inputs : {1, 2, 3, 4, 37, 64, 1023, 1024, 1027, 3000})
      for (const int64_t outputs : {1, 15, 16, 17, 100}) {
        const auto x = random_bytes(rows, inputs, 127, 1), w = random_bytes(outputs, inputs, 63, 2);
        ASSERT_TRUE(at::equal(by_panels(x, w), exact_product(x, w)))
            << rows << " rows, " << inputs << " by " << outputs;
      }
}

// As large as sums of 16 bits get, of either sign.
TEST_F(BytePanelsTest, TheLargestSumsDoNotOverflow) {
  for (const int x : {-127, 127})
    for (const int w : {-63, 63}) {
      const auto rows = at::full({7, 4100}, x, at::kChar), weight = at::full({18, 4100}, w, at::kChar);
      EXPECT_TRUE(by_panels(rows, weight).eq(4100 * x * w).all().item<bool>()) << x << " " << w;
    }
}

TEST_F(BytePanelsTest, ThreadsAndNoRowsAreAllTheSame) {
  const auto x = random_bytes(2000, 70, 127, 1), w = random_bytes(90, 70, 63, 2);
  const auto alone = by_panels(x, w);
  at::Tensor within;
  in_threads(2, 1, [&](int64_t begin, int64_t) {
    if (begin == 0) within = by_panels(x, w);  // one thread of several
  });
  EXPECT_TRUE(at::equal(alone, within));
  EXPECT_TRUE(at::equal(by_panels(x.narrow(0, 0, 30), w), alone.narrow(0, 0, 30)));
  EXPECT_EQ(by_panels(x.narrow(0, 0, 0), w).sizes(), at::IntArrayRef({0, 90}));
}

TEST_F(BytePanelsTest, WeightsOfMoreThanSevenBitsAreRefused) {
  auto w = random_bytes(20, 30, 63, 2);
  w[19][29] = 64;
  EXPECT_THROW(BytePanels{w}, std::exception);
  auto sum = at::empty({2, 20}, at::kInt);
  EXPECT_THROW(BytePanels(random_bytes(20, 30, 63, 2)).multiply(random_bytes(2, 31, 127, 1), sum), std::exception);
}

}  // namespace
}  // namespace asterism::nn
