#include "nn/gpu_heads.h"

#include <gtest/gtest.h>

#include "nn/attention.h"
#include "nn/autocast.h"
#include "tests/nn/on_gpu.h"

namespace asterism::nn {
namespace {

constexpr int64_t kHeadWidth = 64;

using HeadsOnGpu = OnGpu;

TEST(HeadsOnACpu, AreLeftToOperators) {
  EXPECT_FALSE(heads_on_gpu(narrowed(some({4, 1, 1, kHeadWidth}, 1)), {})[0].defined());
}

TEST_F(HeadsOnGpu, HeadsHaveTheirGradients) {
  const int64_t R = 77, H = 3;
  for (const int64_t count : {1, 2, 3})
    for (const bool normed : {false, true}) {
      TwoNorms first(kHeadWidth, NormBias::learned), second(kHeadWidth, NormBias::none);
      const auto x = narrowed(some({R, count, H, kHeadWidth}, 1));
      const auto here = leaf(x.to(at::kFloat));
      const auto wanted =
          split_heads(here, {normed ? &first.here : nullptr, normed && count == 3 ? &second.here : nullptr});
      first.b.to(device_);
      second.b.to(device_);
      const Autocast autocast(Precision::bf16, device_.type());
      const auto at_x = there(x);
      const auto made =
          heads_on_gpu(at_x, {normed ? &first.there : nullptr, normed && count == 3 ? &second.there : nullptr});
      ASSERT_TRUE(made[0].defined());
      at::Tensor loss, loss_here;
      for (size_t p = 0; p < size_t(count); ++p) {
        expect_like(made[p], wanted[p], 0.01, "part " + std::to_string(p));
        const auto g = narrowed(some({R, H, kHeadWidth}, int64_t(10 + p))).to(at::kFloat);
        const auto one = (made[p] * g.to(device_)).sum(), other = (wanted[p] * g).sum();
        loss = loss.defined() ? loss + one : one;
        loss_here = loss_here.defined() ? loss_here + other : other;
      }
      loss.backward();
      loss_here.backward();
      expect_like(at_x.grad(), here.grad(), 0.01, "x");
      if (normed) first.expect_same_gradients();
      if (normed && count == 3) second.expect_same_gradients();
    }
}

}  // namespace
}  // namespace asterism::nn
