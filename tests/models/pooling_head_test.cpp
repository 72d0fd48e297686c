#include "models/pooling_head.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/nn/seeded_noise.h"

namespace asterism::models {
namespace {

PoolingHeadSettings pooling_settings(int64_t context) {
  PoolingHeadSettings s;
  s.width = 12;
  s.context_width = context;
  s.heads = 3;
  s.hidden = 20;
  return s;
}

struct TinyHead {
  explicit TinyHead(const PoolingHeadSettings& s) : head(nn::Scope(parameters, 5), s) {
    at::NoGradGuard no_grad;
    for (const auto& [name, tensor] : parameters.parameters())  // biases begin as zeros: let them show
      tensor.add_(at::randn(tensor.sizes(), at::detail::createCPUGenerator(name.size())), 0.3);
  }
  nn::Parameters parameters;
  PoolingHead head;
};

// Attention the long way, in float64: keys and values of every token.
at::Tensor pooled_by_hand(const TinyHead& tiny, const at::Tensor& given, int64_t context) {
  const auto p = [&](const std::string& name) {
    return tiny.parameters.parameters().at("cross_attention." + name).detach().to(at::kDouble);
  };
  const int64_t E = 12, H = 3, d = 4;
  const bool same = context == E;
  const auto part = [&](const char* own, int64_t i) {
    return same ? p("multihead_attn.in_proj_weight").narrow(0, i * E, E) : p("multihead_attn." + std::string(own));
  };
  const auto bias = p("multihead_attn.in_proj_bias");
  const auto x = given.to(at::kDouble);
  const auto q = at::matmul(p("query").view({1, E}), part("q_proj_weight", 0).t()) + bias.narrow(0, 0, E);
  const auto k = at::matmul(x, part("k_proj_weight", 1).t()) + bias.narrow(0, E, E);
  const auto v = at::matmul(x, part("v_proj_weight", 2).t()) + bias.narrow(0, 2 * E, E);
  std::vector<at::Tensor> heads;
  for (int64_t h = 0; h < H; ++h) {
    const auto scores = at::matmul(k.narrow(2, h * d, d), q.narrow(1, h * d, d).t()).squeeze(2) / std::sqrt(double(d));
    heads.push_back((scores.softmax(1).unsqueeze(2) * v.narrow(2, h * d, d)).sum(1));
  }
  const auto out =
      at::matmul(at::cat(heads, 1), p("multihead_attn.out_proj.weight").t()) + p("multihead_attn.out_proj.bias");
  return at::layer_norm(out, {E}, p("layernorm.weight"), p("layernorm.bias"), 1e-5);
}

TEST(PoolingHead, AgreesWithAttentionTheLongWay) {
  for (const int64_t context : {12, 7}) {
    const TinyHead tiny(pooling_settings(context));
    const auto tokens = tests::seeded_noise({4, 9, context}, 1);
    const auto out = tiny.head(tokens);
    EXPECT_TRUE(at::allclose(out.pooled_BE.to(at::kDouble), pooled_by_hand(tiny, tokens, context), 1e-4, 1e-5))
        << context;
    EXPECT_TRUE(at::allclose(out.weights_BHN.sum(-1), at::ones({4, 3})));
    EXPECT_EQ(tiny.parameters.parameters().contains("cross_attention.multihead_attn.in_proj_weight"), context == 12);
  }
}

TEST(PoolingHead, TheResidualIsAChoice) {
  auto s = pooling_settings(7);
  const TinyHead with(s);
  s.residual = false;
  const TinyHead without(s);
  const auto tokens = tests::seeded_noise({2, 5, 7}, 2);
  const auto a = with.head(tokens), b = without.head(tokens);
  EXPECT_TRUE(at::allclose(a.embedding_BE - a.pooled_BE, b.embedding_BE, 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(a.embedding_BE, b.embedding_BE));
}

TEST(PoolingHead, HiddenTokensDoNotTellAndAnObjectWithoutAnyIsFinite) {
  const TinyHead tiny(pooling_settings(7));
  const auto tokens = tests::seeded_noise({2, 5, 7}, 2);
  auto usable = at::ones({2, 5}, at::kBool);
  usable[0][4] = false;
  usable[1].fill_(false);
  auto other = tokens.clone();
  other.select(1, 4).add_(2);
  const auto a = tiny.head(tokens, usable), b = tiny.head(other, usable);
  EXPECT_TRUE(at::equal(a.embedding_BE[0], b.embedding_BE[0]));
  EXPECT_TRUE(at::allclose(a.embedding_BE[0], tiny.head(tokens.narrow(1, 0, 4)).embedding_BE[0], 1e-4, 1e-5));
  EXPECT_TRUE(at::isfinite(a.embedding_BE).all().item<bool>());
  EXPECT_EQ(a.weights_BHN[1].abs().max().item<float>(), 0);
}

TEST(PoolingHead, OneTokenAndUnevenHeads) {
  const TinyHead tiny(pooling_settings(7));
  EXPECT_EQ(tiny.head(tests::seeded_noise({1, 1, 7}, 2)).embedding_BE.sizes(), (std::vector<int64_t>{1, 12}));
  auto s = pooling_settings(7);
  s.heads = 5;
  nn::Parameters parameters;
  EXPECT_THROW(PoolingHead(nn::Scope(parameters), s), base::UserError);
}

}  // namespace
}  // namespace asterism::models
