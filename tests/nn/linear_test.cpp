#include "nn/linear.h"

#include <set>

#include "gradient_check.h"
#include "nn/device.h"

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

TEST(Linear, FewSizesForAnyNumberOfRows) {
  EXPECT_EQ(rows_at_once(1), 64);
  EXPECT_EQ(rows_at_once(64), 64);
  EXPECT_EQ(rows_at_once(65536), 65536);
  std::set<int64_t> sizes;
  for (int64_t rows = 1000; rows <= 64000; ++rows) {
    const int64_t made = rows_at_once(rows);
    ASSERT_GE(made, rows);
    ASSERT_LE(double(made), 1.13 * double(rows));
    ASSERT_EQ(rows_at_once(made), made);
    sizes.insert(made);
  }
  EXPECT_LE(sizes.size(), 60u);
}

TEST(Linear, AnyRowsAreTheSame) {
  Parameters p;
  const Linear layer(Scope(p, 3), 5, 3);
  for (const auto& device :
       gpus() > 0 ? std::vector<at::Device>{at::kCPU, choose_device("cuda")} : std::vector<at::Device>{at::kCPU}) {
    const auto x = test::random_input({67, 2, 5}, false, "x", at::kFloat).to(device);
    p.to(device);
    EXPECT_TRUE(at::allclose(layer.of_any_rows(x), layer(x), 1e-4, 1e-5)) << device.str();
  }
}

}  // namespace
}  // namespace asterism::nn
