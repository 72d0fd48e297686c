#include "nn/copy_finite.h"

#include <gtest/gtest.h>

#include <limits>

#include "nn/packed_weight.h"

namespace asterism::nn {
namespace {

TEST(CopyFinite, CopiesWhateverTheirTypesAndLayouts) {
  at::manual_seed(1);
  for (const auto from_type : {at::kFloat, at::kDouble, at::kBFloat16, at::kLong})
    for (const bool turned : {false, true}) {
      const auto given = (at::randn({700, 900}) * 100).to(from_type);  // more than one thread's share
      const auto from = turned ? given.t() : given;
      const auto to = at::zeros(from.sizes());
      EXPECT_TRUE(copy_finite(to, from));
      EXPECT_TRUE(at::equal(to, from.to(at::kFloat))) << from_type << turned;
    }
  const auto none = at::zeros({0, 3});
  EXPECT_TRUE(copy_finite(none, at::zeros({0, 3})));
  EXPECT_ANY_THROW(copy_finite(none, at::zeros({1, 3})));
}

TEST(CopyFinite, SeesOneValueAmongMany) {
  for (const double value : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()})
    for (const auto type : {at::kFloat, at::kDouble})
      for (const int64_t at : {0, 4095, 300000, 629999}) {
        auto from = at::full({630000}, std::numeric_limits<float>::max(), type);
        const auto to = at::zeros({630000});
        EXPECT_TRUE(copy_finite(to, from));
        from[at] = value;
        EXPECT_FALSE(copy_finite(to, from)) << value << " at " << at;
      }
}

TEST(CopyFinite, WhatWasPackedIsOldAfterwards) {
  const auto weight = at::zeros({4, 4}).set_requires_grad(true);
  PackedWeights packed;
  packed.watch(weight);
  ASSERT_TRUE(packed.current());
  ASSERT_TRUE(copy_finite(weight, at::ones({4, 4})));
  EXPECT_FALSE(packed.current());
  EXPECT_TRUE(weight.requires_grad());
}

}  // namespace
}  // namespace asterism::nn
