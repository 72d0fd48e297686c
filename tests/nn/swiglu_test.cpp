#include "nn/swiglu.h"

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(Swiglu, KernelAgreesWithFloat64ForwardAndBackward) {
  const auto exact = test::random_input({40, 22});
  const auto expected = swiglu(exact);  // float64: halves, silu and product
  const auto halves = exact.chunk(2, 1);
  EXPECT_TRUE(at::equal(expected, at::silu(halves[0]) * halves[1]));
  const auto weight = at::cos(at::arange(expected.numel(), at::kDouble)).view(expected.sizes());
  (expected * weight).sum().backward();
  const auto x = exact.detach().to(at::kFloat).requires_grad_();
  const auto out = swiglu(x);
  EXPECT_TRUE(at::allclose(out.to(at::kDouble), expected, 1e-5, 1e-6));
  (out * weight.to(at::kFloat)).sum().backward();
  EXPECT_TRUE(at::allclose(x.grad().to(at::kDouble), exact.grad(), 1e-5, 1e-6));
}

}  // namespace
}  // namespace asterism::nn
