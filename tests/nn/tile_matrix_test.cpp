#include "nn/tile_matrix.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "factors.h"
#include "nn/in_threads.h"

namespace asterism::nn {
namespace {

using test::matrix;
using test::view;

at::Tensor by_tile_matrix(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  auto c = at::full({a.size(0), b.size(1) + 3}, 7.0F);
  TileMatrix(view(b), b.size(0), b.size(1))
      .multiply(a.size(0), view(a), bias.defined() ? bias.const_data_ptr<float>() : nullptr,
                c.mutable_data_ptr<float>(), c.stride(0));
  EXPECT_TRUE(c.narrow(1, b.size(1), 3).eq(7).all().item<bool>()) << "written beside";
  return c.narrow(1, 0, b.size(1));
}

class TileMatrixTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TileMatrix::available()) GTEST_SKIP() << "no matrix tiles";
  }
};

// More rows than a block, more of k than a part, edges within tiles, either factor transposed; numbers that need no
// rounding.
TEST_F(TileMatrixTest, AgreesWithFloat64ForAnyShape) {
  for (const int64_t m : {1, 17, 64, 150})
    for (const int64_t n : {1, 16, 40, 70})
      for (const int64_t k : {1, 33, 512, 1100})
        for (const int kind : {0, 1, 2, 3}) {
          const auto a = matrix(m, k, (kind & 1) != 0, 1), b = matrix(k, n, (kind & 2) != 0, 2);
          const auto bias = k % 2 == 0 ? at::randn({n}) : at::Tensor();
          auto wanted = at::mm(a.to(at::kDouble), b.to(at::kDouble));
          if (bias.defined()) wanted = wanted + bias;
          const auto error = (by_tile_matrix(a, b, bias) - wanted).abs().max().item<double>();
          ASSERT_LT(error, 2e-4) << m << " by " << n << " over " << k << ", kind " << kind;
        }
}

TEST_F(TileMatrixTest, ThreadsAreAllTheSame) {
  const auto a = matrix(700, 90, false, 1), b = matrix(90, 50, false, 2), few = a.narrow(0, 0, 20);
  const auto alone = by_tile_matrix(a, b, {});
  at::Tensor within;
  in_threads(2, 1, [&](int64_t begin, int64_t) {
    if (begin == 0) within = by_tile_matrix(a, b, {});  // one thread of several
  });
  EXPECT_TRUE(at::equal(alone, within));
  const int threads = at::get_num_threads();
  at::set_num_threads(4);  // more than there are parts of so few rows
  EXPECT_TRUE(at::equal(by_tile_matrix(few, b, {}), alone.narrow(0, 0, 20)));
  at::set_num_threads(threads);
}

TEST_F(TileMatrixTest, NotANumberIsNotLost) {
  auto a = matrix(40, 600, false, 1).clone();
  a[4][599] = NAN;
  const auto found = by_tile_matrix(a, matrix(600, 20, false, 2), {}).isnan();
  EXPECT_TRUE(found[4].all().item<bool>());
  EXPECT_EQ(found.sum().item<int64_t>(), 20);
}

}  // namespace
}  // namespace asterism::nn
