#include "nn/self_distillation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "gradient_check.h"

namespace asterism::nn {
namespace {

double at(const at::Tensor& x, int64_t i, int64_t j) { return x[i][j].item<double>(); }

TEST(SelfDistillation, CentredTargetsAreThoseOfTheFormula) {
  const auto logits = test::random_input({4, 5}, false, "logits"), centre = test::random_input({5}, false, "centre");
  const auto found = centred_targets(logits, centre, 0.07);
  for (int64_t i = 0; i < 4; ++i) {
    double sum = 0;
    for (int64_t k = 0; k < 5; ++k) sum += std::exp((at(logits, i, k) - centre[k].item<double>()) / 0.07);
    for (int64_t k = 0; k < 5; ++k)
      EXPECT_NEAR(at(found, i, k), std::exp((at(logits, i, k) - centre[k].item<double>()) / 0.07) / sum, 1e-12);
  }
}

// As the papers write it, on the matrix of exponentials itself.
TEST(SelfDistillation, SinkhornIsThatOfTheFormula) {
  constexpr int64_t N = 6, K = 4;
  const auto logits = test::random_input({N, K}, false, "logits");
  std::vector<std::vector<double>> q(K, std::vector<double>(N));
  double total = 0;
  for (int64_t k = 0; k < K; ++k)
    for (int64_t i = 0; i < N; ++i) total += q[size_t(k)][size_t(i)] = std::exp(at(logits, i, k) / 0.5);
  for (auto& row : q)
    for (auto& value : row) value /= total;
  for (int round = 0; round < 3; ++round) {
    for (auto& row : q) {
      double sum = 0;
      for (const double value : row) sum += value;
      for (auto& value : row) value /= sum * K;
    }
    for (size_t i = 0; i < N; ++i) {
      double sum = 0;
      for (const auto& row : q) sum += row[i];
      for (auto& row : q) row[i] /= sum * N;
    }
  }
  const auto found = sinkhorn_targets(logits, 0.5);
  for (int64_t i = 0; i < N; ++i)
    for (int64_t k = 0; k < K; ++k) EXPECT_NEAR(at(found, i, k), q[size_t(k)][size_t(i)] * N, 1e-12);
  EXPECT_TRUE(at::allclose(found.sum(1), at::ones({N}, at::kDouble)));
  EXPECT_TRUE(at::allclose(sinkhorn_targets(logits, 0.5, 200).sum(0), at::full({K}, 1.5, at::kDouble), 1e-3));
}

TEST(SelfDistillation, SinkhornStandsExtremes) {
  auto logits = at::zeros({3, 4});
  logits[0][0] = 1e6;
  logits[1][0] = -1e6;
  EXPECT_TRUE(at::isfinite(sinkhorn_targets(logits, 0.04)).all().item<bool>());
  const auto alone = sinkhorn_targets(at::rand({1, 4}), 0.04);
  EXPECT_NEAR(alone.sum().item<double>(), 1, 1e-5);
  EXPECT_EQ(sinkhorn_targets(at::zeros({0, 4}), 0.04).size(0), 0);
}

TEST(SelfDistillation, KoleoIsThatOfTheFormula) {
  constexpr int64_t N = 7, D = 3;
  const auto x = test::random_input({N, D}, false, "x");
  double wanted = 0;
  for (int64_t i = 0; i < N; ++i) {
    double nearest = 1e9;
    for (int64_t j = 0; j < N; ++j) {
      if (i == j) continue;
      double norm_i = 0, norm_j = 0, away = 0;
      for (int64_t d = 0; d < D; ++d) norm_i += at(x, i, d) * at(x, i, d), norm_j += at(x, j, d) * at(x, j, d);
      for (int64_t d = 0; d < D; ++d)
        away += std::pow(at(x, i, d) / std::sqrt(norm_i) - at(x, j, d) / std::sqrt(norm_j), 2);
      nearest = std::min(nearest, std::sqrt(away));
    }
    wanted -= std::log(nearest) / N;
  }
  EXPECT_NEAR(koleo(x).item<double>(), wanted, 1e-7);
  const auto learned = test::random_input({5, 4});
  test::expect_gradients([&] { return koleo(learned); }, {{"vectors", learned}});
}

TEST(SelfDistillation, KoleoOfEqualRowsIsFinite) {
  for (const int64_t rows : {0, 1, 2, 5}) {
    auto x = at::ones({rows, 4}).set_requires_grad(true);
    const auto loss = koleo(x);
    loss.backward();
    EXPECT_TRUE(at::isfinite(loss).item<bool>()) << rows;
    EXPECT_TRUE(at::isfinite(x.grad()).all().item<bool>()) << rows;
    if (rows < 2) {
      EXPECT_EQ(loss.item<double>(), 0);
    }
  }
  auto nothing = at::zeros({3, 4}).set_requires_grad(true);
  koleo(nothing).backward();
  EXPECT_TRUE(at::isfinite(nothing.grad()).all().item<bool>());
}

TEST(SelfDistillation, CosineGoesFromStartToEnd) {
  EXPECT_DOUBLE_EQ(cosine_between(0.992, 1, 0), 0.992);
  EXPECT_DOUBLE_EQ(cosine_between(0.992, 1, 1), 1);
  EXPECT_DOUBLE_EQ(cosine_between(2, 4, 0.5), 3);
  EXPECT_DOUBLE_EQ(cosine_between(2, 4, 7), 4);
  EXPECT_NEAR(cosine_between(2, 4, 0.25), 4 - (1 + std::sqrt(0.5)), 1e-12);
}

}  // namespace
}  // namespace asterism::nn
