#include "infer/verify/rounding.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace asterism::infer {
namespace {

TEST(MovedByRounding, SmallWhereSumsAreAndLargeBehindADifferenceOfNearlyEqualNumbers) {
  at::NoGradGuard no_grad;
  nn::Parameters parameters;
  const auto a = parameters.add("a", at::full({500}, 1.0f)), b = parameters.add("b", at::full({500}, 1.001f));
  const auto moved = moved_by_rounding(parameters, [&] { return std::vector<at::Tensor>{a + b, 1 / (b - a)}; });
  ASSERT_EQ(moved.size(), 2U);
  EXPECT_LT(moved[0].max().item<double>(), 1e-6);
  EXPECT_GT(moved[1].mean().item<double>(), 0.05);  // 1e3 squared times a rounding of 1
  EXPECT_TRUE(at::equal(a, at::full({500}, 1.0f)));
  EXPECT_TRUE(at::equal(b, at::full({500}, 1.001f)));
}

TEST(MovedByRounding, TheWeightsAreBackAfterAFailure) {
  at::NoGradGuard no_grad;
  nn::Parameters parameters;
  const auto a = parameters.add("a", at::ones({3}));
  int calls = 0;
  EXPECT_THROW(moved_by_rounding(parameters,
                                 [&]() -> std::vector<at::Tensor> {
                                   if (++calls == 3) throw std::runtime_error("broken");
                                   return {a.clone()};
                                 }),
               std::runtime_error);
  EXPECT_TRUE(at::equal(a, at::ones({3})));
}

}  // namespace
}  // namespace asterism::infer
