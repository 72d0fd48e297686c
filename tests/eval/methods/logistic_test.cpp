#include "eval/methods/logistic.h"

#include <gtest/gtest.h>

#include "eval/metrics.h"

namespace asterism::eval {
namespace {

TEST(Logistic, ReachesAStationaryPoint) {
  at::manual_seed(5);
  const auto x = at::randn({90, 4}, at::kDouble);
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < 90; ++i) labels.push_back(2 * (i % 3));
  const double penalty = 0.05;
  const auto model = Logistic::fit(x, labels, {}, {penalty});
  EXPECT_EQ(model.classes, (std::vector<int64_t>{0, 2, 4}));
  // The gradient by autograd, an independent calculation, vanishes.
  auto w = model.weight_DC.clone().set_requires_grad(true), b = model.intercept_C.clone().set_requires_grad(true);
  std::vector<int64_t> column;
  for (const int64_t label : labels) column.push_back(label / 2);
  const auto z = (x - model.mean_D) / model.scale_D;
  auto loss = at::cross_entropy_loss(z.mm(w) + b, at::tensor(column, at::kLong)) + 0.5 * penalty * w.square().sum();
  loss.backward();
  EXPECT_LT(w.grad().abs().max().item<double>(), 1e-6);
  EXPECT_LT(b.grad().abs().max().item<double>(), 1e-6);
}

TEST(Logistic, SeparatesWhatIsSeparable) {
  at::manual_seed(6);
  const auto centre = at::tensor({0.0, 5.0, -5.0});
  std::vector<int64_t> labels;
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < 150; ++i) {
    labels.push_back(10 + i % 3);
    rows.push_back(at::randn({2}, at::kDouble) * 0.5 + centre[i % 3].item<double>());
  }
  std::vector<int64_t> fold;
  for (int64_t i = 0; i < 150; ++i) fold.push_back((i / 3) % 5);
  const auto model = Logistic::fit(at::stack(rows), labels, fold);
  EXPECT_GT(accuracy(model.predict(at::stack(rows)), labels), 0.98);
  EXPECT_TRUE(at::allclose(model.probabilities(at::stack(rows)).sum(1), at::ones({150}, at::kDouble)));
}

TEST(Logistic, ClassesAlikeFindTheRareOne) {
  at::manual_seed(7);
  std::vector<int64_t> labels, rare;
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < 400; ++i) {
    labels.push_back(i % 20 == 0);
    rows.push_back(at::randn({1}, at::kDouble) + 1.5 * double(labels.back()));
  }
  const auto x = at::stack(rows);
  const auto found = [&](bool alike) {
    const auto predicted = Logistic::fit(x, labels, {}, {1e-3}, alike).predict(x);
    return balanced_accuracy(predicted, labels);
  };
  EXPECT_LT(found(false), 0.6);
  EXPECT_GT(found(true), 0.7);
}

TEST(Logistic, OneClassAlone) {
  const std::vector<int64_t> labels = {4, 4, 4};
  EXPECT_EQ(Logistic::fit(at::randn({3, 2}), labels).predict(at::randn({2, 2})), (std::vector<int64_t>{4, 4}));
}

}  // namespace
}  // namespace asterism::eval
