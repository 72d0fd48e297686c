#include "models/dino_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../nn/gradient_check.h"

namespace asterism::models {
namespace {

using asterism::test::random_input;

at::Tensor normalised(const at::Tensor& x) { return x / x.norm(2, {-1}, true); }

// softmax of a row of numbers, by hand
std::vector<double> softmax(const std::vector<double>& x) {
  double sum = 0;
  for (const double value : x) sum += std::exp(value);
  std::vector<double> out;
  for (const double value : x) out.push_back(std::exp(value) / sum);
  return out;
}

struct Case {
  at::Tensor student = normalised(random_input({6, 4}, false, "student")),
             prototypes = normalised(random_input({5, 4}, false, "p")),
             teacher = normalised(random_input({4, 4}, false, "teacher")),
             theirs = normalised(random_input({5, 4}, false, "q")), centre = 0.1 * random_input({5}, false, "centre");

  double logit(const at::Tensor& x, const at::Tensor& p, int64_t row, int64_t k) const {
    return (x[row] * p[k]).sum().item<double>();
  }
  // -sum_k softmax((teacher - centre) / 0.07)_k ln softmax(student / 0.1)_k
  double cross_entropy(int64_t s, int64_t t) const {
    std::vector<double> a, b;
    for (int64_t k = 0; k < 5; ++k) {
      a.push_back((logit(teacher, theirs, t, k) - centre[k].item<double>()) / 0.07);
      b.push_back(logit(student, prototypes, s, k) / 0.1);
    }
    const auto p = softmax(a), q = softmax(b);
    double sum = 0;
    for (size_t k = 0; k < 5; ++k) sum -= p[k] * std::log(q[k]);
    return sum;
  }
};

TEST(DinoLoss, EveryViewMeetsEveryGlobalViewButItself) {
  // two objects; global views 0 and 1, one local; the second object's first global view was not seen
  const auto pairs = pair_views({0, -1, 1, 2, 3, 4}, {0, -1, 1, 2}, 2);
  EXPECT_EQ(pairs.student, (std::vector<int64_t>{0, 1, 3, 4})) << "of row 2 the only partner is itself";
  EXPECT_EQ(pairs.first, (std::vector<int64_t>{1, 0, 0, 2}));
  EXPECT_EQ(pairs.second, (std::vector<int64_t>{-1, -1, 1, -1}));
  EXPECT_EQ(pairs.terms, 5);
  EXPECT_EQ(pair_views({}, {}, 0).terms, 0);
}

TEST(DinoLoss, OfViewsIsThatOfTheFormula) {
  const Case c;
  const auto pairs = pair_views({0, 1, 2, 3, 4, 5}, {0, 1, 2, 3}, 2);
  const auto term = view_loss(c.student, c.prototypes, 0.1, c.teacher, c.theirs, c.centre, {false, 0.07}, pairs);
  // views 0 1: rows 0 1, 2 3; local: 4 5. teacher: 0 1, 2 3
  double wanted = 0;
  for (int64_t i = 0; i < 2; ++i)
    wanted += c.cross_entropy(i, 2 + i) + c.cross_entropy(2 + i, i) + c.cross_entropy(4 + i, i) +
              c.cross_entropy(4 + i, 2 + i);
  EXPECT_NEAR(term.loss.item<double>(), wanted / 8, 1e-10);
  for (int64_t k = 0; k < 5; ++k) {
    double mean = 0;
    for (int64_t t = 0; t < 4; ++t) mean += c.logit(c.teacher, c.theirs, t, k) / 4;
    EXPECT_NEAR(term.mean_logits_K[k].item<double>(), mean, 1e-12);
  }
  EXPECT_GT(term.entropy.item<double>(), 0);
  EXPECT_LE(term.entropy.item<double>(), std::log(5.0));
}

TEST(DinoLoss, OfPatchesIsThatOfTheFormula) {
  const Case c;
  const auto weight = at::tensor({0.5, 0.25, 0.0, 2.0}, at::kDouble);
  const auto term =
      patch_loss(c.student.narrow(0, 0, 4), c.prototypes, 0.1, c.teacher, c.theirs, c.centre, {false, 0.07}, weight);
  double wanted = 0;
  for (int64_t i = 0; i < 4; ++i) wanted += weight[i].item<double>() * c.cross_entropy(i, i);
  EXPECT_NEAR(term.loss.item<double>(), wanted, 1e-10);
}

TEST(DinoLoss, GradientsAgreeWithFiniteDifferences) {
  const Case c;
  const auto student = random_input({6, 4}), prototypes = random_input({5, 4}, true, "p");
  const auto pairs = pair_views({0, 1, 2, 3, 4, 5}, {0, 1, 2, 3}, 2);
  for (const bool sinkhorn : {false, true}) {
    const TargetSettings targets{sinkhorn, 0.07};
    asterism::test::expect_gradients(
        [&] {
          const auto views = view_loss(normalised(student), normalised(prototypes), 0.1, c.teacher, c.theirs, c.centre,
                                       targets, pairs);
          const auto patches = patch_loss(normalised(student).narrow(0, 0, 4), normalised(prototypes), 0.1, c.teacher,
                                          c.theirs, c.centre, targets, at::tensor({0.5, 0.25, 0.1, 2.0}, at::kDouble));
          return views.loss + patches.loss;
        },
        {{"student", student}, {"prototypes", prototypes}});
  }
}

}  // namespace
}  // namespace asterism::models
