#include "nn/vector_quantiser.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "gradient_check.h"
#include "nn/autocast.h"

namespace asterism::nn {
namespace {

VqSettings small_quantiser(bool cosine) {
  VqSettings s;
  s.codes = 16;
  s.width = 3;
  s.cosine = cosine;
  s.decay = 0.8;
  return s;
}

// Vectors about so many centres.
at::Tensor clusters(int64_t n, int64_t centres, uint64_t seed) {
  const auto middle = initial_value({centres, 3}, Init::normal(2), 3, "centres");
  const auto which = at::remainder(at::arange(n), centres);
  return middle.index_select(0, which) + initial_value({n, 3}, Init::normal(0.05), seed, "noise");
}

TEST(VectorQuantiser, FollowsWhatChoosesIt) {
  for (const bool cosine : {false, true}) {
    Parameters p;
    const VectorQuantiser vq(Scope(p, 1), small_quantiser(cosine));
    double first = 0, last = 0;
    for (uint64_t step = 0; step < 60; ++step) {
      const auto z = clusters(256, 16, step).set_requires_grad(true);
      const auto out = vq(z);
      last = out.penalty.item<double>();
      if (step == 0) first = last;
    }
    EXPECT_LT(last, 0.3 * first) << cosine;
    const auto ids = vq(clusters(256, 16, 99)).ids;
    EXPECT_GT(std::get<0>(at::_unique(ids)).size(0), cosine ? 10 : 12) << cosine;
  }
}

TEST(VectorQuantiser, NearestIsNearest) {
  Parameters p;
  const VectorQuantiser vq(Scope(p, 1), small_quantiser(false));
  const auto z = test::random_input({50, 3}, false, "z", at::kFloat);
  const auto out = vq(z);
  const auto book = p.buffers().at("codebook");
  for (int64_t i = 0; i < 50; ++i) {
    const auto distance = (book - z[i]).square().sum(1);
    EXPECT_EQ(out.ids[i].item<int64_t>(), distance.argmin().item<int64_t>());
  }
  EXPECT_TRUE(at::allclose(out.codes, vq.codes(out.ids)));
}

TEST(VectorQuantiser, DeadEntriesBeginAnew) {
  Parameters p;
  const VectorQuantiser vq(Scope(p, 1), small_quantiser(false));
  vq(clusters(64, 4, 1).set_requires_grad(true));
  {
    at::NoGradGuard no_grad;
    p.buffers().at("codebook").narrow(0, 0, 8).fill_(1e3);  // far from everything
    p.buffers().at("sum").narrow(0, 0, 8).fill_(4e3);
  }
  double restarted = 0;
  for (uint64_t step = 0; step < 40; ++step)
    restarted += vq(clusters(64, 4, step).set_requires_grad(true)).figures.at("codes_restarted").item<double>();
  EXPECT_GE(restarted, 8);
  EXPECT_LT(p.buffers().at("codebook").abs().max().item<double>(), 100);
}

TEST(VectorQuantiser, OnlyLearnsWhileGradientsAreRecorded) {
  Parameters p;
  const VectorQuantiser vq(Scope(p, 1), small_quantiser(true));
  vq(clusters(64, 16, 1).set_requires_grad(true));
  const auto before = p.buffers().at("codebook").clone();
  vq(clusters(64, 16, 2));
  {
    at::NoGradGuard no_grad;
    vq(clusters(64, 16, 3).set_requires_grad(true));
  }
  EXPECT_TRUE(at::equal(before, p.buffers().at("codebook")));
}

// Finite differences in float64 of what is differentiable, with the entries held; the codes pass the gradient on.
TEST(VectorQuantiser, Gradients) {
  for (const bool cosine : {false, true}) {
    Parameters p;
    const VectorQuantiser vq(Scope(p, 1, "", at::kDouble), small_quantiser(cosine));
    const auto z = test::random_input({6, 3});
    at::Tensor ids;
    {
      at::NoGradGuard no_grad;
      ids = vq(z).ids;
    }
    test::expect_gradients([&] { return vq.penalty(z, ids); }, {{"z", z}});
    if (cosine) continue;
    z.mutable_grad().reset();
    const auto weight = test::random_input({6, 3}, false, "w");
    const auto out = vq(z);
    (out.codes * weight).sum().backward();
    EXPECT_TRUE(at::allclose(z.grad(), weight));
  }
}

TEST(VectorQuantiser, IdsStayInRangeInBf16AndWithoutNumbers) {
  Parameters p;
  const VectorQuantiser vq(Scope(p, 1), small_quantiser(true));
  const auto z = test::random_input({500, 3}, false, "z", at::kFloat);
  const auto exact = vq(z).ids;
  const Autocast guard(Precision::bf16);
  EXPECT_TRUE(at::equal(vq(z).ids, exact));
  const auto rough = vq(z.to(at::kBFloat16)).ids;
  EXPECT_GE(rough.min().item<int64_t>(), 0);
  EXPECT_LT(rough.max().item<int64_t>(), 16);
  const auto wild = vq(at::full({2, 3}, NAN)).ids;
  EXPECT_GE(wild.min().item<int64_t>(), 0);
  EXPECT_LT(wild.max().item<int64_t>(), 16);
}

TEST(VectorQuantiser, RefusesWhatCannotBe) {
  Parameters p, q;
  auto one = small_quantiser(true);
  one.codes = 1;
  EXPECT_THROW(VectorQuantiser(Scope(p), one), base::UserError);
  EXPECT_THROW(VectorQuantiser(Scope(q), small_quantiser(true)).codes(at::tensor({16}, at::kLong)), base::UserError);
}

}  // namespace
}  // namespace asterism::nn
