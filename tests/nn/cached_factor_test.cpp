#include "nn/cached_factor.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "factors.h"

namespace asterism::nn {
namespace {

using test::matrix;
using test::view;

// Rows that fill no group of six, columns that fill no panel of sixteen nor vector of eight, either factor transposed.
TEST(CachedFactor, AgreesWithFloat64ForAnyShape) {
  for (const int64_t m : {1, 2, 5, 6, 7, 13, 48})
    for (const int64_t n : {1, 7, 8, 9, 16, 17, 24, 37})
      for (const int64_t k : {1, 3, 64, 130})
        for (const int kind : {0, 1, 2, 3}) {
          const auto a = matrix(m, k, (kind & 1) != 0, 1), b = matrix(k, n, (kind & 2) != 0, 2);
          const auto sum = at::full({m, n}, 1e3F);  // must not be left
          const auto wanted = at::mm(a.to(at::kDouble), b.to(at::kDouble)) * 0.5;
          const auto error = (test::multiply_twice<CachedFactor>(a, b, 0.25F, sum).to(at::kDouble) - wanted)
                                 .abs()
                                 .max()
                                 .item<double>();
          ASSERT_LT(error, 1e-4) << m << " by " << n << " over " << k << ", kind " << kind;
        }
}

// Rows of c lie among other numbers, which stay.
TEST(CachedFactor, WritesNothingBeside) {
  const auto a = matrix(7, 10, false, 1), b = matrix(10, 13, true, 2);
  const auto sum = at::full({7, 20}, 5.0F);
  std::vector<float> room(size_t(CachedFactor::room(10, 13)));
  auto c = sum.clone();
  CachedFactor(view(b), 10, 13, room.data()).multiply(7, 1, view(a), false, c.mutable_data_ptr<float>(), 20);
  EXPECT_TRUE(at::equal(c.narrow(1, 13, 7), sum.narrow(1, 13, 7)));
  EXPECT_TRUE(at::allclose(c.narrow(1, 0, 13), at::mm(a, b), 1e-5, 1e-5));
}

TEST(CachedFactor, NotANumberIsNotLost) {
  auto a = matrix(9, 20, false, 1).clone(), b = matrix(20, 30, false, 2).clone();
  a[4][19] = NAN;
  b[3][29] = NAN;
  const auto found = test::multiply_twice<CachedFactor>(a, b, 1, at::zeros({9, 30})).isnan();
  EXPECT_TRUE(found[4].all().item<bool>());
  EXPECT_TRUE(found.select(1, 29).all().item<bool>());
  EXPECT_EQ(found.sum().item<int64_t>(), 30 + 9 - 1);
}

}  // namespace
}  // namespace asterism::nn
