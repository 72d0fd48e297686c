#include "nn/tile_factor.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "factors.h"
#include "nn/matrix_tiles.h"

namespace asterism::nn {
namespace {

using test::matrix;
using test::view;

// Of numbers that need no rounding only the sums round.
TEST(TileFactor, AgreesWithFloat64ForAnyShape) {
  if (!TileFactor::available()) GTEST_SKIP() << "no matrix tiles";
  for (const int64_t m : {1, 5, 16, 17, 33, 48})
    for (const int64_t n : {1, 15, 16, 17, 32, 40})
      for (const int64_t k : {1, 3, 32, 64, 130})
        for (const int kind : {0, 1, 2, 3}) {
          const auto a = matrix(m, k, (kind & 1) != 0, 1), b = matrix(k, n, (kind & 2) != 0, 2);
          const auto wanted = at::mm(a.to(at::kDouble), b.to(at::kDouble)) * 0.5;
          const auto found = test::multiply_twice<TileFactor>(a, b, 0.25F, at::full({m, n}, 1e3F)).to(at::kDouble);
          ASSERT_LT((found - wanted).abs().max().item<double>(), 1e-4) << m << " by " << n << " over " << k;
        }
}

TEST(TileFactor, WritesNothingBeside) {
  if (!TileFactor::available()) GTEST_SKIP() << "no matrix tiles";
  const auto a = matrix(7, 10, false, 1), b = matrix(10, 13, true, 2);
  std::vector<float> room(size_t(TileFactor::room(10, 13)));
  auto c = at::full({7, 20}, 5.0F);
  const WholeTiles tiles;
  TileFactor(view(b), 10, 13, room.data()).multiply(7, 1, view(a), false, c.mutable_data_ptr<float>(), 20);
  EXPECT_TRUE(c.narrow(1, 13, 7).eq(5).all().item<bool>());
  EXPECT_TRUE(at::allclose(c.narrow(1, 0, 13), at::mm(a, b), 1e-5, 1e-5));
}

TEST(TileFactor, NotANumberIsNotLost) {
  if (!TileFactor::available()) GTEST_SKIP() << "no matrix tiles";
  auto a = matrix(9, 20, false, 1).clone(), b = matrix(20, 30, false, 2).clone();
  a[4][19] = NAN;
  b[3][29] = NAN;
  const auto found = test::multiply_twice<TileFactor>(a, b, 1, at::zeros({9, 30})).isnan();
  EXPECT_TRUE(found[4].all().item<bool>());
  EXPECT_TRUE(found.narrow(1, 29, 1).all().item<bool>());
  EXPECT_FALSE(found.narrow(0, 0, 4).narrow(1, 0, 29).any().item<bool>());
}

}  // namespace
}  // namespace asterism::nn
