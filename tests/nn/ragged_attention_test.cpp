#include "nn/ragged_attention.h"

#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "gradient_check.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "nn/matrix_tiles.h"

namespace asterism::nn {
namespace {

Ranges ranges_of(const std::vector<int64_t>& lengths) {
  Ranges out;
  for (int64_t n : lengths) out.add(n);
  return out;
}

// One group after the other, in the type of q.
at::Tensor ragged_by_hand(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Ranges& queries,
                          const Ranges& keys) {
  std::vector<at::Tensor> parts;
  for (int64_t g = 0; g < queries.groups(); ++g) {
    const auto part = [g](const at::Tensor& x, const Ranges& r) {
      return x.narrow(0, r.starts[size_t(g)], r.length(g)).transpose(0, 1);
    };
    if (keys.length(g) == 0) {
      parts.push_back(at::zeros_like(part(q, queries)).transpose(0, 1));
      continue;
    }
    const auto scores = at::matmul(part(q, queries), part(k, keys).transpose(1, 2)) / std::sqrt(double(q.size(2)));
    parts.push_back(at::matmul(at::softmax(scores, -1), part(v, keys)).transpose(0, 1));
  }
  return at::cat(parts);
}

struct Inputs {
  Inputs(const Ranges& queries, const Ranges& keys, int64_t heads, int64_t d) {
    q = test::random_input({queries.rows(), heads, d}, true, "q");
    k = test::random_input({keys.rows(), heads, d}, true, "k");
    v = test::random_input({keys.rows(), heads, d}, true, "v");
  }
  at::Tensor q, k, v;
};

// Longer than the queries of one pass, empty on either side, of one row; a head wider than a vector and narrower.
TEST(RaggedAttention, KernelAgreesWithFloat64ForwardAndBackward) {
  const auto queries = ranges_of({3, 0, 300, 1, 5, 17}), keys = ranges_of({9, 4, 150, 1, 0, 33});
  for (const int64_t d : {3, 16}) {
    const Inputs exact(queries, keys, 2, d);
    const auto expected = ragged_by_hand(exact.q, exact.k, exact.v, queries, keys);
    const auto weight = at::cos(at::arange(expected.numel(), at::kDouble)).view(expected.sizes());
    (expected * weight).sum().backward();
    const auto narrow = [](const at::Tensor& x) { return x.detach().to(at::kFloat).requires_grad_(); };
    const auto q = narrow(exact.q), k = narrow(exact.k), v = narrow(exact.v);
    const auto out = attend_ragged(q, k, v, queries, keys);
    EXPECT_TRUE(at::allclose(out.to(at::kDouble), expected, 1e-5, 1e-6));
    (out * weight.to(at::kFloat)).sum().backward();
    EXPECT_TRUE(at::allclose(q.grad().to(at::kDouble), exact.q.grad(), 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(k.grad().to(at::kDouble), exact.k.grad(), 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(v.grad().to(at::kDouble), exact.v.grad(), 1e-4, 1e-5));
  }
}

TEST(RaggedAttention, PaddingAgreesToo) {
  const auto queries = ranges_of({3, 0, 7, 2}), keys = ranges_of({9, 4, 1, 0});
  const Inputs x(queries, keys, 2, 4);
  EXPECT_TRUE(at::allclose(attend_ragged(x.q, x.k, x.v, queries, keys), ragged_by_hand(x.q, x.k, x.v, queries, keys)));
}

TEST(RaggedAttention, ReadsPartsOfAFusedProjection) {
  const auto groups = ranges_of({5, 8});
  const auto fused = test::random_input({13, 3, 2, 8}, false, "x", at::kFloat);
  const auto parts = fused.unbind(1);
  const auto out = attend_ragged(parts[0], parts[1], parts[2], groups, groups);
  EXPECT_TRUE(at::allclose(out, ragged_by_hand(parts[0], parts[1], parts[2], groups, groups), 1e-5, 1e-6));
}

// The gradient of a sum over rows is one row that stands for all of them.
TEST(RaggedAttention, GradientsThatRepeatOneRow) {
  for (const int64_t rows : {1, 40}) {
    const auto groups = ranges_of({rows});
    const Inputs exact(groups, groups, 2, 8);
    const auto weight = at::arange(16, at::kDouble).view({2, 8});
    const auto expected =
        torch::autograd::grad({(ragged_by_hand(exact.q, exact.k, exact.v, groups, groups).sum(0) * weight).sum()},
                              {exact.q, exact.k, exact.v});
    const auto narrow = [](const at::Tensor& x) { return x.detach().to(at::kFloat).set_requires_grad(true); };
    const auto q = narrow(exact.q), k = narrow(exact.k), v = narrow(exact.v);
    const auto out = attend_ragged(q, k, v, groups, groups).sum(0);
    const auto found = torch::autograd::grad({(out * weight.to(at::kFloat)).sum()}, {q, k, v});
    for (size_t i = 0; i < 3; ++i) EXPECT_LT((found[i] - expected[i]).abs().max().item<double>(), 1e-4) << i;
  }
}

TEST(RaggedAttention, HalfPrecisionComesBackInItsType) {
  const auto groups = ranges_of({5, 8});
  const auto x = test::random_input({13, 2, 8}, true, "x", at::kFloat);
  const auto half = x.to(at::kBFloat16);
  const auto out = attend_ragged(half, half, half, groups, groups);
  EXPECT_EQ(out.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(at::allclose(out.to(at::kFloat), ragged_by_hand(x, x, x, groups, groups), 3e-2, 3e-2));
  out.to(at::kFloat).sum().backward();
  EXPECT_TRUE(at::isfinite(x.grad()).all().item<bool>());
}

// By tiles where the processor has them; to the rounding of bfloat16 everywhere.
TEST(RaggedAttention, HalfPrecisionAgreesForwardAndBackward) {
  const auto queries = ranges_of({3, 0, 130, 1, 5, 17}), keys = ranges_of({9, 4, 70, 1, 0, 33});
  const Inputs x(queries, keys, 2, 16);
  const auto rounded = [](const at::Tensor& x) {
    return x.detach().to(at::kBFloat16).to(at::kDouble).requires_grad_();
  };
  const auto q = rounded(x.q), k = rounded(x.k), v = rounded(x.v);
  const auto expected = ragged_by_hand(q, k, v, queries, keys);
  const auto weight = at::cos(at::arange(expected.numel(), at::kDouble)).view(expected.sizes());
  const auto wanted = torch::autograd::grad({(expected * weight).sum()}, {q, k, v});
  const auto half = [](const at::Tensor& x) { return x.detach().to(at::kBFloat16).requires_grad_(); };
  const auto qh = half(q), kh = half(k), vh = half(v);
  const auto out = attend_ragged(qh, kh, vh, queries, keys);
  EXPECT_LT((out - expected).abs().max().item<double>(), 0.02);
  const auto found = torch::autograd::grad({(out.to(at::kFloat) * weight.to(at::kFloat)).sum()}, {qh, kh, vh});
  for (size_t i = 0; i < 3; ++i)
    EXPECT_LT((found[i] - wanted[i]).norm().item<double>(), 0.02 * wanted[i].norm().item<double>()) << i;
}

// Floats under a guard that asks for fewer bits: by tiles where there are any, whatever stands beside a group.
TEST(RaggedAttention, GuardsAskForFewerBits) {
  const auto groups = ranges_of({40, 7, 3});
  const auto x = test::random_input({50, 2, 16}, false, "x", at::kFloat);
  const auto exact = attend_ragged(x, x, x, groups, groups);
  EXPECT_FALSE(attends_by_tiles(x));
  for (const auto precision : {Precision::bf16, Precision::int8}) {
    const at::NoGradGuard no_grad;
    const Autocast guard(precision);
    EXPECT_EQ(attends_by_tiles(x), has_matrix_tiles());
    for (const auto& made :
         {attend_ragged(x, x, x, groups, groups), attend_ragged_inference(x, x, x, groups, groups)}) {
      EXPECT_EQ(made.scalar_type(), at::kFloat);
      EXPECT_LT((made - exact).abs().max().item<double>(), 0.02);
      if (!has_matrix_tiles()) continue;
      EXPECT_FALSE(at::equal(made, exact)) << name(precision);
      const auto last = x.narrow(0, 47, 3);
      EXPECT_TRUE(at::allclose(attend_ragged(last, last, last, ranges_of({3}), ranges_of({3})), made.narrow(0, 47, 3),
                               1e-6, 1e-6))
          << "in company";
    }
  }
  const Autocast guard(Precision::int8);
  EXPECT_FALSE(attends_by_tiles(x)) << "integers have no gradients";
}

TEST(RaggedAttention, NotANumberStaysInItsGroup) {
  const auto groups = ranges_of({40, 3});
  auto x = test::random_input({43, 1, 8}, false, "x", at::kFloat);
  x[2].fill_(std::numeric_limits<float>::quiet_NaN());
  const auto out = attend_ragged(x, x, x, groups, groups);
  EXPECT_TRUE(at::isnan(out.narrow(0, 0, 40)).all().item<bool>());
  EXPECT_TRUE(at::isfinite(out.narrow(0, 40, 3)).all().item<bool>());
}

// Filled budgets: a GPU has faster kernels for them.
TEST(RaggedAttention, GroupsOfOneLengthOnAGpu) {
  if (gpus() == 0) GTEST_SKIP() << "no GPU";
  const auto device = choose_device("cuda");
  for (const int64_t keys_each : {16, 40}) {
    const auto queries = ranges_of(std::vector<int64_t>(40, 16)), keys = ranges_of(std::vector<int64_t>(40, keys_each));
    const Inputs narrow(queries, keys, 3, 64);
    std::vector<at::Tensor> here, there;
    for (const auto& x : {narrow.q, narrow.k, narrow.v}) {
      const auto rounded = x.detach().to(at::kBFloat16);
      here.push_back(rounded.to(at::kFloat).set_requires_grad(true));
      there.push_back(rounded.to(device).set_requires_grad(true));
    }
    const auto wanted = ragged_by_hand(here[0], here[1], here[2], queries, keys);
    const auto made = attend_ragged(there[0], there[1], there[2], queries, keys);
    EXPECT_LT((made.cpu().to(at::kFloat) - wanted).abs().max().item<double>(), 0.03);
    const auto g = test::random_input(wanted.sizes(), false, "g").to(at::kBFloat16);
    made.backward(g.to(device));
    wanted.backward(g.to(at::kFloat));
    for (size_t i = 0; i < 3; ++i) {
      const double scale = here[i].grad().abs().max().item<double>();
      EXPECT_LT((there[i].grad().cpu().to(at::kFloat) - here[i].grad()).abs().max().item<double>(), 0.03 * scale) << i;
    }
  }
}

TEST(RaggedAttention, InferenceIsTheSame) {
  const auto queries = ranges_of({3, 3, 3, 0, 300, 1, 5, 17, 17}), keys = ranges_of({9, 9, 4, 4, 150, 1, 0, 33, 33});
  const Inputs exact(queries, keys, 2, 16);
  const auto expected = ragged_by_hand(exact.q, exact.k, exact.v, queries, keys).detach();
  const auto narrow = [](const at::Tensor& x) { return x.detach().to(at::kFloat); };
  const auto out = attend_ragged_inference(narrow(exact.q), narrow(exact.k), narrow(exact.v), queries, keys);
  EXPECT_TRUE(at::allclose(out.to(at::kDouble), expected, 1e-5, 1e-6));
}

}  // namespace
}  // namespace asterism::nn
