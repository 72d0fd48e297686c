#include "nn/attention.h"

#include "gradient_check.h"

namespace asterism::nn {
namespace {

AttentionSettings small_attention(bool qk_norm, bool bias) {
  AttentionSettings s;
  s.width = 8;
  s.heads = 2;
  s.qk_norm = qk_norm;
  s.qkv_bias = s.proj_bias = bias;
  return s;
}

// Attention written out, in float64.
at::Tensor attention_by_hand(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& seen) {
  auto scores = at::matmul(q, k.transpose(-2, -1)) / std::sqrt(double(q.size(-1)));
  if (seen.defined()) scores = scores.masked_fill(~seen, -1e300);
  return at::matmul(at::softmax(scores, -1), v);
}

TEST(Attend, AgreesWithTheFormulaUnderEveryMask) {
  const auto q = test::random_input({2, 2, 5, 4}, false, "q"), k = test::random_input({2, 2, 6, 4}, false, "k"),
             v = test::random_input({2, 2, 6, 4}, false, "v");
  EXPECT_TRUE(at::allclose(attend(q, k, v, {}), attention_by_hand(q, k, v, {}), 1e-9, 1e-9));
  auto keys = at::ones({2, 6}, at::kBool);
  keys[0].narrow(0, 3, 3).fill_(false);
  EXPECT_TRUE(at::allclose(attend(q, k, v, keys), attention_by_hand(q, k, v, keys.view({2, 1, 1, 6})), 1e-9, 1e-9));
  const auto pairs = test::random_input({2, 5, 6}, false, "pairs") > -0.5;
  EXPECT_TRUE(at::allclose(attend(q, k, v, pairs), attention_by_hand(q, k, v, pairs.unsqueeze(1)), 1e-9, 1e-9));
  const auto added = at::zeros({2, 5, 6}, at::kDouble).masked_fill(~pairs, -1e9);
  EXPECT_TRUE(at::allclose(attend(q, k, v, added), attention_by_hand(q, k, v, pairs.unsqueeze(1)), 1e-9, 1e-9));
}

// In fp32 and without a mask another kernel may do it: parts of a fused projection, more queries than it does at once,
// few queries, no objects.
TEST(Attend, WithoutAMaskAgreesWithTheFormulaInFloat32) {
  for (const int64_t T : {3, 40, 130}) {
    const auto exact = test::random_input({2, T, 3, 2, 24}, true, "x");
    const auto x = exact.detach().to(at::kFloat).requires_grad_();
    const auto parts = [](const at::Tensor& all) { return all.permute({2, 0, 3, 1, 4}).unbind(0); };
    const auto p = parts(exact), narrow = parts(x);
    const auto wanted = attention_by_hand(p[0], p[1], p[2], {}), found = attend(narrow[0], narrow[1], narrow[2], {});
    EXPECT_TRUE(at::allclose(found.to(at::kDouble), wanted, 1e-5, 1e-5)) << T;
    wanted.square().sum().backward();
    found.square().sum().backward();
    EXPECT_TRUE(at::allclose(x.grad().to(at::kDouble), exact.grad(), 1e-4, 1e-4)) << T;
    const auto none = narrow[0].narrow(0, 0, 0);
    EXPECT_EQ(attend(none, none, none, {}).sizes(), none.sizes());
  }
}

TEST(Attend, AQueryThatSeesNothingGetsZerosAndCleanGradients) {
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    const auto q = test::random_input({2, 2, 3, 4}, true, "q", dtype),
               k = test::random_input({2, 2, 4, 4}, true, "k", dtype),
               v = test::random_input({2, 2, 4, 4}, true, "v", dtype);
    auto keys = at::ones({2, 4}, at::kBool);
    keys[1].fill_(false);
    const auto out = attend(q, k, v, keys);
    EXPECT_EQ(out[1].abs().max().item<double>(), 0);
    EXPECT_GT(out[0].abs().max().item<double>(), 0);
    out.square().sum().backward();
    for (const auto& x : {q, k, v}) {
      EXPECT_TRUE(at::isfinite(x.grad()).all().item<bool>());
      EXPECT_EQ(x.grad()[1].abs().max().item<double>(), 0);
    }
  }
}

// As masked_fill with the largest negative number does it in PyTorch: equal scores, which are constants.
TEST(Attend, WhereAddedNumbersHideEveryKeyItAveragesAndAsksNothing) {
  const auto q = test::random_input({2, 2, 3, 4}, true, "q", at::kFloat),
             k = test::random_input({2, 2, 4, 4}, true, "k", at::kFloat),
             v = test::random_input({2, 2, 4, 4}, true, "v", at::kFloat);
  const auto mask = at::zeros({2, 1, 4});
  mask[1].fill_(-1e38);
  const auto out = attend(q, k, v, mask);
  EXPECT_TRUE(at::allclose(out[1], v[1].mean(1, true).expand({2, 3, 4})));
  out.square().sum().backward();
  EXPECT_EQ(q.grad()[1].abs().max().item<double>(), 0);
  EXPECT_EQ(k.grad()[1].abs().max().item<double>(), 0);
  EXPECT_GT(v.grad()[1].abs().min().item<double>(), 0);
  EXPECT_GT(q.grad()[0].abs().max().item<double>(), 0);
}

TEST(SelfAttention, MaskedKeysHaveNoInfluence) {
  Parameters p;
  const SelfAttention attention(Scope(p, 3), small_attention(true, false));
  const auto x = test::random_input({1, 6, 8}, false, "x", at::kFloat);
  auto keys = at::ones({1, 6}, at::kBool);
  keys[0].narrow(0, 4, 2).fill_(false);
  auto changed = x.clone();
  changed[0].narrow(0, 4, 2).fill_(100);
  EXPECT_TRUE(at::allclose(attention(x, keys).narrow(1, 0, 4), attention(changed, keys).narrow(1, 0, 4), 1e-5, 1e-6));
}

TEST(SelfAttention, KeysAreThoseOfPublishedFiles) {
  Parameters p;
  auto settings = small_attention(true, false);
  settings.qk_norm_bias = NormBias::zero_buffer;
  SelfAttention(Scope(p) / "attn", settings);
  EXPECT_EQ(p.parameters().at("attn.qkv.weight").sizes(), at::IntArrayRef({24, 8}));
  EXPECT_EQ(p.all().at("attn.q_norm.bias").sizes(), at::IntArrayRef({4}));
  EXPECT_FALSE(p.all().contains("attn.proj.bias"));
}

TEST(CrossAttention, PreparedContextIsTheSame) {
  Parameters p;
  const CrossAttention attention(Scope(p, 3), small_attention(true, true), 5);
  const auto x = test::random_input({2, 3, 8}, false, "x", at::kFloat),
             c = test::random_input({2, 4, 5}, false, "c", at::kFloat);
  EXPECT_TRUE(at::equal(attention(x, c), attention(x, attention.prepare(c))));
}

TEST(Attention, Gradients) {
  for (const bool qk_norm : {false, true}) {
    const auto x = test::random_input({2, 3, 8}), c = test::random_input({2, 4, 8}, true, "context");
    Parameters p;
    const Scope scope(p, 5, "", at::kDouble);
    const SelfAttention self(scope / "self", small_attention(qk_norm, true));
    const CrossAttention cross(scope / "cross", small_attention(qk_norm, true));
    const AttentionPool pool(scope / "pool", small_attention(qk_norm, true));
    test::shake(p);
    auto keys = at::ones({2, 4}, at::kBool);
    keys[0][2].fill_(false);
    test::expect_gradients([&] { return pool(cross(self(x), c, keys)); }, p, c);
  }
}

}  // namespace
}  // namespace asterism::nn
