#include "models/alignment_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../nn/gradient_check.h"
#include "nn/autocast.h"
#include "nn/nothing_to_learn.h"

namespace asterism::models {
namespace {

at::Tensor unit_length(const at::Tensor& x) { return x / at::linalg_vector_norm(x, 2, {-1}, true); }

at::Tensor random_vectors(int64_t n, const std::string& name) {
  return unit_length(test::random_input({n, 5}, false, name)).clone().set_requires_grad(true);
}

at::Tensor none(int64_t n) { return at::zeros({n, n}, at::kBool); }
at::Tensor number(double value) { return at::full({}, value, at::kDouble).set_requires_grad(true); }

Aligned tower(const std::string& name, const at::Tensor& vectors, std::vector<uint8_t> present = {}) {
  if (present.empty()) present.assign(size_t(vectors.size(0)), 1);
  return {name, vectors, std::move(present)};
}

std::vector<uint64_t> different(int64_t n) {
  std::vector<uint64_t> out;
  for (int64_t i = 0; i < n; ++i) out.push_back(uint64_t(100 + i));
  return out;
}

// Written out with loops, as the paper has it: mean over both directions of -log of the own one's share.
double info_nce_by_hand(const at::Tensor& a, const at::Tensor& b, double temperature) {
  const int64_t n = a.size(0);
  const auto similar = [&](int64_t i, int64_t j) { return (a[i] * b[j]).sum().item<double>() / temperature; };
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    double row = 0, column = 0;
    for (int64_t j = 0; j < n; ++j) row += std::exp(similar(i, j)), column += std::exp(similar(j, i));
    sum += 0.5 * (std::log(row) + std::log(column)) - similar(i, i);
  }
  return sum / double(n);
}

// Zhai et al. 2023, algorithm 1: labels 2 eye - 1, -sum log sigmoid(labels logits) / n.
double siglip_by_hand(const at::Tensor& a, const at::Tensor& b, double scale, double bias) {
  const int64_t n = a.size(0);
  double sum = 0;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      const double logit = scale * (a[i] * b[j]).sum().item<double>() + bias;
      sum += std::log1p(std::exp(i == j ? -logit : logit));
    }
  return sum / double(n);
}

TEST(AlignmentLoss, InfoNceIsThatOfThePaper) {
  const auto a = random_vectors(6, "a"), b = random_vectors(6, "b");
  const auto loss = info_nce_loss(at::matmul(a, b.t()), none(6), number(0.2));
  EXPECT_NEAR(loss.item<double>(), info_nce_by_hand(a, b, 0.2), 1e-12);
}

TEST(AlignmentLoss, SiglipIsThatOfThePaper) {
  const auto a = random_vectors(6, "a"), b = random_vectors(6, "b");
  for (const double bias : {-10.0, 0.5}) {
    const auto loss = sigmoid_loss(at::matmul(a, b.t()), none(6), number(0.1), number(bias));
    EXPECT_NEAR(loss.item<double>(), siglip_by_hand(a, b, 10, bias), 1e-10);
  }
}

TEST(AlignmentLoss, GradientsAgreeWithFiniteDifferences) {
  const auto a = random_vectors(5, "a"), b = random_vectors(5, "b"), t = number(0.3), bias = number(-1);
  auto twin = none(5);
  twin[1][3] = twin[3][1] = true;
  test::expect_gradients([&] { return info_nce_loss(at::matmul(a, b.t()), twin, t); }, {{"a", a}, {"b", b}, {"t", t}},
                         25);
  test::expect_gradients([&] { return sigmoid_loss(at::matmul(a, b.t()), twin, t, bias); },
                         {{"a", a}, {"b", b}, {"t", t}, {"bias", bias}}, 25);
}

TEST(AlignmentLoss, AnyNumberOfModalitiesIsTheMeanOfTheirPairs) {
  const auto a = random_vectors(4, "a"), b = random_vectors(4, "b"), c = random_vectors(4, "c");
  const Alignment how{"infonce", number(0.2), {}, {}};
  const auto all = align({tower("a", a), tower("b", b), tower("c", c)}, different(4), how);
  const double ab = info_nce_by_hand(a, b, 0.2), ac = info_nce_by_hand(a, c, 0.2), bc = info_nce_by_hand(b, c, 0.2);
  EXPECT_NEAR(all.loss.item<double>(), (ab + ac + bc) / 3, 1e-12);
  EXPECT_EQ(all.weight, 4);
  auto chosen = how;
  chosen.pairs = {"b-a", "b-c"};
  EXPECT_NEAR(align({tower("a", a), tower("b", b), tower("c", c)}, different(4), chosen).loss.item<double>(),
              (ab + bc) / 2, 1e-12);
  for (const char* pair : {"accuracy/a-b", "accuracy/a-c", "accuracy/b-c"}) EXPECT_TRUE(all.figures.contains(pair));
}

TEST(AlignmentLoss, MissingHalvesAreLeftOutOfTheirPairs) {
  const auto a = random_vectors(5, "a"), b = random_vectors(5, "b"), c = random_vectors(5, "c");
  const auto rows = at::tensor(std::vector<int64_t>{0, 2, 3});
  for (const char* loss : {"infonce", "siglip"}) {
    const Alignment how{loss, number(0.2), number(-3), {}};
    const auto out =
        align({tower("a", a, {1, 0, 1, 1, 1}), tower("b", b, {1, 1, 1, 1, 0}), tower("c", c, {0, 0, 0, 0, 1})},
              different(5), how);
    const auto alone =
        align({tower("a", a.index_select(0, rows)), tower("b", b.index_select(0, rows))}, {100, 102, 103}, how);
    EXPECT_NEAR(out.loss.item<double>(), alone.loss.item<double>(), 1e-12) << "c shares one object: no pair";
    EXPECT_EQ(out.weight, 3);
  }
}

// Objects that cannot be told apart: the loss is that of guessing, and everything stays finite at any temperature.
TEST(AlignmentLoss, DegenerateBatchesStayFinite) {
  for (const double temperature : {1e-3, 0.01, 1.0, 100.0}) {
    const auto same = at::ones({4, 5}, at::kDouble).div(std::sqrt(5.0)).set_requires_grad(true);
    const auto zero = at::zeros({4, 5}, at::kDouble).set_requires_grad(true);
    const auto t = number(temperature), bias = number(-10);
    for (const auto& x : {same, zero})
      for (const char* loss : {"infonce", "siglip"}) {
        x.mutable_grad().reset();
        const auto out = align({tower("a", x), tower("b", same)}, different(4), {loss, t, bias, {}});
        if (std::string(loss) == "infonce") {
          EXPECT_NEAR(out.loss.item<double>(), std::log(4), 1e-9);
        }
        out.loss.backward();
        EXPECT_TRUE(at::isfinite(out.loss).item<bool>());
        EXPECT_TRUE(at::isfinite(x.grad()).all().item<bool>());
        EXPECT_TRUE(at::isfinite(t.grad()).item<bool>());
      }
  }
}

TEST(AlignmentLoss, SaysWhereThereIsNothingToTellApart) {
  const auto a = random_vectors(3, "a"), b = random_vectors(3, "b");
  const Alignment how{"infonce", number(0.2), {}, {}};
  const auto one = [](const at::Tensor& x) { return x.narrow(0, 0, 1); };
  EXPECT_THROW(align({tower("a", one(a)), tower("b", one(b))}, {1}, how), nn::NothingToLearn) << "one object";
  EXPECT_THROW(align({tower("a", a), tower("b", b)}, {1, 1, 1}, how), nn::NothingToLearn) << "the same, three times";
  EXPECT_THROW(align({tower("a", a, {1, 1, 0}), tower("b", b, {0, 0, 1})}, different(3), how), nn::NothingToLearn);
  auto other = how;
  other.pairs = {"a-c"};
  EXPECT_THROW(align({tower("a", a), tower("b", b)}, different(3), other), nn::NothingToLearn);
}

TEST(AlignmentLoss, TwinsAreNoNegatives) {
  const auto a = random_vectors(2, "a"), b = random_vectors(2, "b");
  const auto rows = at::tensor(std::vector<int64_t>{0, 1, 0});
  const auto a3 = a.index_select(0, rows), b3 = b.index_select(0, rows);
  const auto out = align({tower("a", a3), tower("b", b3)}, {7, 8, 7}, {"siglip", number(0.1), number(-2), {}});
  double sum = 0;
  const auto term = [&](int64_t i, int64_t j) {
    const double logit = 10 * (a[i] * b[j]).sum().item<double>() - 2;
    return std::log1p(std::exp(i == j ? -logit : logit));
  };
  sum = 2 * term(0, 0) + term(1, 1) + 2 * term(0, 1) + 2 * term(1, 0);  // not 0 against its twin
  EXPECT_NEAR(out.loss.item<double>(), sum / 3, 1e-10);
}

// A cosine in bfloat16 has three digits; at a temperature of 0.01 the loss would be off by tenths.
TEST(AlignmentLoss, IsExactUnderMixedPrecision) {
  const auto a = random_vectors(16, "a").to(at::kFloat), b = random_vectors(16, "b").to(at::kFloat);
  const Alignment how{"infonce", at::full({}, 0.01), {}, {}};
  const double exact = align({tower("a", a), tower("b", b)}, different(16), how).loss.item<double>();
  const nn::Autocast autocast(nn::Precision::bf16);
  EXPECT_NEAR(align({tower("a", a), tower("b", b)}, different(16), how).loss.item<double>(), exact, 1e-4 * exact);
}

}  // namespace
}  // namespace asterism::models
