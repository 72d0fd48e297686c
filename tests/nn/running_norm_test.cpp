#include "nn/running_norm.h"

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(RunningNorm, LearnsWithTheBatchAndKeepsItsStatistics) {
  Parameters p;
  const RunningNorm norm(Scope(p), 3);
  const auto x = test::random_input({50, 4, 3}, false, "x", at::kFloat) * 5 + 2;
  const auto y = norm(x).view({-1, 3});
  EXPECT_LT(y.mean(0).abs().max().item<double>(), 1e-5);
  EXPECT_LT((y.var(0, false) - 1).abs().max().item<double>(), 1e-4);
  at::NoGradGuard no_grad;
  EXPECT_TRUE(at::allclose(norm(x), y.view({50, 4, 3}), 1e-4, 1e-5));  // one batch seen: kept in full
  EXPECT_TRUE(at::equal(norm(x)[7], norm(x.narrow(0, 7, 1))[0]));      // rows do not depend on each other
  EXPECT_EQ(norm.batches.item<int64_t>(), 1);
  EXPECT_TRUE(p.parameters().empty());
}

TEST(RunningNorm, Gradients) {
  Parameters p;
  const RunningNorm norm(Scope(p, 0, "", at::kDouble), 3);
  const auto x = test::random_input({5, 3});
  test::expect_gradients(
      [&] {
        const at::AutoGradMode learning(true);
        return norm(x);
      },
      p, x);
}

}  // namespace
}  // namespace asterism::nn
