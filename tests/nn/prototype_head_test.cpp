#include "nn/prototype_head.h"

#include <gtest/gtest.h>

#include "gradient_check.h"

namespace asterism::nn {
namespace {

PrototypeHeadSettings small_head() { return {.in = 6, .hidden = 8, .bottleneck = 4, .prototypes = 5}; }

TEST(PrototypeHead, GivesUnitVectorsUnderThePublishedNames) {
  Parameters parameters;
  const PrototypeHead head(Scope(parameters, 1), small_head());
  for (const char* name : {"mlp.0.weight", "mlp.2.bias", "mlp.4.weight", "last_layer.weight_v"})
    EXPECT_TRUE(parameters.parameters().contains(name)) << name;
  const auto out = head(at::randn({3, 6}));
  EXPECT_EQ(out.sizes(), (std::vector<int64_t>{3, 4}));
  EXPECT_TRUE(at::allclose(out.norm(2, 1), at::ones({3}), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(head.prototypes().norm(2, 1), at::ones({5}), 1e-5, 1e-5));
}

TEST(PrototypeHead, GradientsAgreeWithFiniteDifferences) {
  Parameters parameters;
  const PrototypeHead head(Scope(parameters, 1, "", at::kDouble), small_head());
  test::shake(parameters);
  const auto x = test::random_input({3, 6});
  test::expect_gradients([&] { return at::matmul(head(x), head.prototypes().t()); }, parameters, x);
}

TEST(PrototypeHead, AVectorWithoutDirectionIsFinite) {
  Parameters parameters;
  const PrototypeHead head(Scope(parameters, 1), small_head());
  {
    const at::NoGradGuard no_grad;
    for (const auto& entry : parameters.parameters()) entry.second.zero_();
  }
  (head(at::zeros({2, 6})).sum() + head.prototypes().sum()).backward();
  for (const auto& [name, tensor] : parameters.parameters())
    EXPECT_TRUE(at::isfinite(tensor.grad()).all().item<bool>()) << name;
}

}  // namespace
}  // namespace asterism::nn
