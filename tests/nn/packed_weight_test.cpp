#include "nn/packed_weight.h"

#include <gtest/gtest.h>

namespace asterism::nn {
namespace {

at::Tensor noise(at::IntArrayRef shape, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::kFloat);
}

TEST(PackedWeight, IsALinearMapForAnyNumberOfRows) {
  const at::NoGradGuard no_grad;
  const auto weight = noise({40, 24}, 1), bias = noise({40}, 2);
  for (const auto& b : {bias, at::Tensor()})
    for (const int64_t rows : {1, 7, 1024, 1500}) {
      const PackedWeight packed(weight, b);
      const auto x = noise({rows, 24}, 3);
      EXPECT_TRUE(at::allclose(packed(x), at::linear(x, weight, b), 1e-4, 1e-5)) << rows;
      EXPECT_TRUE(at::allclose(packed(x, true), at::gelu(at::linear(x, weight, b)), 1e-4, 1e-5)) << rows;
    }
}

TEST(PackedWeight, OtherTypesGoTheOrdinaryWay) {
  const at::NoGradGuard no_grad;
  const auto weight = noise({8, 4}, 1).to(at::kDouble), x = noise({5, 4}, 2).to(at::kDouble);
  EXPECT_TRUE(at::equal(PackedWeight(weight, {})(x), at::linear(x, weight)));
  EXPECT_TRUE(at::equal(PackedWeight(weight, {})(x, true), at::gelu(at::linear(x, weight))));
}

TEST(PackedWeights, NoticeWhatIsWrittenTo) {
  const auto a = noise({2, 2}, 1), b = noise({2}, 2);
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
