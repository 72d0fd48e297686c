#include "nn/whitening.h"

#include <limits>

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(Whitening, LearnsWithTheBatchAndKeepsItsStatistics) {
  Parameters p;
  const Whitening whitening(Scope(p), 3, 0.95, 1e-8);
  const auto mixing = at::tensor({1.0f, 0.9f, 0.5f, 0.0f, 0.3f, 0.2f, 0.0f, 0.0f, 2.0f}).view({3, 3});
  const auto x = at::matmul(test::random_input({50, 4, 3}, false, "x", at::kFloat) * 5, mixing) + 2;
  const auto y_ND = whitening(x).view({-1, 3});
  EXPECT_LT(y_ND.mean(0).abs().max().item<double>(), 1e-5);
  const auto covariance = at::mm(y_ND.t(), y_ND) / double(y_ND.size(0));
  EXPECT_LT((covariance - at::eye(3)).abs().max().item<double>(), 1e-4);
  at::NoGradGuard no_grad;
  EXPECT_TRUE(at::allclose(whitening(x), y_ND.view({50, 4, 3}), 1e-4, 1e-4));  // one batch seen: kept in full
  EXPECT_TRUE(at::equal(whitening(x)[7], whitening(x.narrow(0, 7, 1))[0]));    // rows do not depend on each other
  EXPECT_EQ(whitening.batches.item<int64_t>(), 1);
  EXPECT_TRUE(p.parameters().empty());
}

TEST(Whitening, NumbersThatSayTheSameStayFinite) {
  Parameters p;
  const Whitening whitening(Scope(p), 2);
  const auto once = test::random_input({40, 1}, false, "x", at::kFloat);
  const auto y = whitening(at::cat({once, once}, 1));
  EXPECT_TRUE(y.isfinite().all().item<bool>());
  EXPECT_NEAR(y.select(1, 0).var(0, false).item<double>(), 1, 1e-3);
}

TEST(Whitening, WhatIsNotFiniteIsHandedOn) {
  Parameters p;
  const Whitening whitening(Scope(p), 3);
  auto x = test::random_input({40, 3}, false, "x", at::kFloat);
  x[5][1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(whitening(x).isfinite().all().item<bool>());
}

TEST(Whitening, Gradients) {
  Parameters p;
  const Whitening whitening(Scope(p, 0, "", at::kDouble), 3);
  const auto x = test::random_input({6, 3});
  test::expect_gradients(
      [&] {
        const at::AutoGradMode learning(true);
        return whitening(x);
      },
      p, x);
}

}  // namespace
}  // namespace asterism::nn
