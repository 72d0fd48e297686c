#include "nn/linear.h"

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(Linear, IsTheProductAndTheSum) {
  Parameters p;
  const Linear layer(Scope(p), 2, 2);
  at::NoGradGuard no_grad;
  layer.weight.copy_(at::tensor({1.0, 2.0, 3.0, 4.0}).view({2, 2}));
  layer.bias.copy_(at::tensor({10.0, 20.0}));
  EXPECT_TRUE(at::equal(layer(at::tensor({1.0f, 1.0f})), at::tensor({13.0f, 27.0f})));
}

TEST(Linear, Gradients) {
  for (const bool has_bias : {false, true}) {
    Parameters p;
    const Linear layer(Scope(p, 1, "", at::kDouble), 3, 5, has_bias);
    const auto x = test::random_input({2, 4, 3});
    test::expect_gradients([&] { return layer(x).square(); }, p, x);
  }
}

}  // namespace
}  // namespace asterism::nn
