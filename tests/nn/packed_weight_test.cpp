#include "nn/packed_weight.h"

#include <gtest/gtest.h>

#include "tests/nn/seeded_noise.h"

namespace asterism::nn {
namespace {

TEST(PackedWeight, IsALinearMapForAnyNumberOfRows) {
  const at::NoGradGuard no_grad;
  const auto weight = tests::seeded_noise({40, 24}, 1), bias = tests::seeded_noise({40}, 2);
  for (const auto& b : {bias, at::Tensor()})
    for (const int64_t rows : {1, 7, 1024, 1500}) {
      const PackedWeight packed(weight, b);
      const auto x = tests::seeded_noise({rows, 24}, 3);
      EXPECT_TRUE(at::allclose(packed(x), at::linear(x, weight, b), 1e-4, 1e-5)) << rows;
      EXPECT_TRUE(at::allclose(packed(x, true), at::gelu(at::linear(x, weight, b)), 1e-4, 1e-5)) << rows;
    }
}

TEST(PackedWeight, OtherTypesGoTheOrdinaryWay) {
  const at::NoGradGuard no_grad;
  const auto weight = tests::seeded_noise({8, 4}, 1).to(at::kDouble),
             x = tests::seeded_noise({5, 4}, 2).to(at::kDouble);
  EXPECT_TRUE(at::equal(PackedWeight(weight, {})(x), at::linear(x, weight)));
  EXPECT_TRUE(at::equal(PackedWeight(weight, {})(x, true), at::gelu(at::linear(x, weight))));
}

// Rounded to bfloat16, or integers (of seven bits where need be): 24 products of numbers about 1, sums about 5.
TEST(PackedWeight, InFewerBitsForAnyNumberOfRows) {
  const at::NoGradGuard no_grad;
  const auto weight = tests::seeded_noise({42, 24}, 1), bias = tests::seeded_noise({42}, 2);
  for (const auto type : {at::kBFloat16, at::kChar})
    for (const auto& b : {bias, at::Tensor()})
      for (const int64_t rows : {1, 7, 300}) {
        const auto packed = PackedWeight::of_type(type, weight, b);
        const bool floats = packed.by_tiles() || type == at::kChar;
        const auto x = tests::seeded_noise({rows, 24}, 3), given = floats ? x : x.to(type);
        const auto far = [&](const at::Tensor& made, const at::Tensor& exact) {
          return (made - exact).abs().max().item<double>();
        };
        EXPECT_LT(far(packed(given), at::linear(x, weight, b)), 0.5) << type << rows;
        EXPECT_LT(far(packed(given, true), at::gelu(at::linear(x, weight, b))), 0.5) << type << rows;
        if (floats) EXPECT_THROW(packed(tests::seeded_noise({rows, 23}, 3)), std::exception);
      }
}

TEST(PackedWeights, NoticeWhatIsWrittenTo) {
  const auto a = tests::seeded_noise({2, 2}, 1), b = tests::seeded_noise({2}, 2);
  PackedWeights weights;
  weights.watch(a);
  weights.watch({});
  weights.watch(b);
  EXPECT_TRUE(weights.current());
  at::Tensor(b).add_(1);
  EXPECT_FALSE(weights.current());
}

}  // namespace
}  // namespace asterism::nn
