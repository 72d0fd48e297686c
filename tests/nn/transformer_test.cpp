#include "nn/transformer.h"

#include "config/settings.h"
#include "gradient_check.h"
#include "nn/autocast.h"
#include "threads.h"

namespace asterism::nn {
namespace {

TransformerSettings small_transformer(bool plain) {
  TransformerSettings s;
  s.width = 8;
  s.heads = 2;
  s.depth = 2;
  s.gated_mlp = plain;
  s.norm_bias = s.qkv_bias = s.proj_bias = s.mlp_bias = !plain;
  s.zero_norm_bias = s.qk_norm = plain;
  return s;
}

TEST(Transformer, KeysAreThoseOfPublishedFiles) {
  Parameters p;
  const Scope scope(p);
  Encoder(scope / "encoder", small_transformer(true));
  Decoder(scope / "decoder", small_transformer(true));
  for (const char* name :
       {"encoder.0.norm1.weight", "encoder.0.norm1.bias", "encoder.0.attn.qkv.weight", "encoder.1.attn.proj.weight",
        "encoder.0.attn.q_norm.weight", "encoder.0.attn.k_norm.bias", "encoder.0.norm2.weight",
        "encoder.0.mlp.fc1.weight", "encoder.0.mlp.fc2.weight", "encoder.0.mlp.fc3.weight",
        "decoder.0.query_norm.weight", "decoder.0.context_norm.bias", "decoder.1.self_attn.qkv.weight",
        "decoder.1.cross_attn.q.weight", "decoder.1.cross_attn.kv.weight", "decoder.1.cross_attn.proj.weight",
        "decoder.1.norm2.weight"})
    EXPECT_TRUE(p.all().contains(name)) << name;
  EXPECT_FALSE(p.all().contains("encoder.0.mlp.fc1.bias"));
  EXPECT_EQ(p.all().size(), 2 * 13u + 2 * 24u);
}

TEST(Transformer, Gradients) {
  for (const bool plain : {false, true}) {
    Parameters p;
    const Scope scope(p, 5, "", at::kDouble);
    auto settings = small_transformer(plain);
    settings.depth = 1;
    const Encoder encoder(scope / "encoder", settings);
    const Decoder decoder(scope / "decoder", settings);
    test::shake(p, 0.1);
    const auto x = test::random_input({2, 3, 8}), y = test::random_input({2, 2, 8}, false, "y");
    auto keys = at::ones({2, 3}, at::kBool);
    keys[1][2].fill_(false);
    test::expect_gradients([&] { return decoder(y, encoder(x, keys), {}, keys); }, p, x);
  }
}

// Objects of different lengths without padding: what padding and a mask give.
TEST(Transformer, RowsAreTheSameAsPaddedObjects) {
  for (const bool plain : {false, true}) {
    Parameters p;
    const Encoder encoder(Scope(p, 5), small_transformer(plain));
    test::shake(p, 0.1);
    const auto x = test::random_input({2, 3, 8}, false, "x", at::kFloat);
    auto keys = at::ones({2, 3}, at::kBool);
    keys[0][2].fill_(false);
    const auto padded = encoder(x, keys).flatten(0, 1);
    const auto real = at::tensor({0, 1, 3, 4, 5}, at::kLong);
    const Ranges objects{{0, 2, 5}};
    const auto out = encoder.rows(x.flatten(0, 1).index_select(0, real), objects);
    EXPECT_TRUE(at::allclose(out, padded.index_select(0, real), 1e-4, 1e-5));
  }
}

TEST(Transformer, PreparedContextsGiveTheSame) {
  Parameters p;
  const Decoder decoder(Scope(p, 1), small_transformer(true));
  const auto x = test::random_input({2, 3, 8}, false, "x", at::kFloat),
             c = test::random_input({2, 4, 8}, false, "c", at::kFloat);
  EXPECT_TRUE(at::equal(decoder(x, c), decoder(x, decoder.prepare(c))));
}

TEST(Transformer, DropPathIsAFunctionOfItsKey) {
  Parameters p;
  auto settings = small_transformer(false);
  settings.drop_path = 0.5;
  settings.dropout = 0.1;
  const Encoder encoder(Scope(p, 1), settings);
  const auto x = test::random_input({16, 3, 8}, false, "x", at::kFloat);
  EXPECT_TRUE(at::equal(encoder(x, {}, DropKey(1, 2)), encoder(x, {}, DropKey(1, 2))));
  EXPECT_FALSE(at::equal(encoder(x, {}, DropKey(1, 2)), encoder(x, {}, DropKey(1, 3))));
  EXPECT_FALSE(at::equal(encoder(x, {}, DropKey(1, 2)), encoder(x)));
}

TEST(Transformer, Bf16IsNearFp32) {
  Parameters p;
  auto settings = small_transformer(true);
  settings.width = 64;
  const Encoder encoder(Scope(p, 1), settings);
  const auto x = test::random_input({2, 9, 64}, false, "x", at::kFloat);
  const auto exact = encoder(x);
  const Autocast guard(Precision::bf16);
  const auto rough = encoder(x).to(at::kFloat);
  EXPECT_LT((rough - exact).abs().max().item<double>(), 0.1);
  EXPECT_GT((rough - exact).abs().max().item<double>(), 0);
}

TEST(Transformer, SettingsAreDescribed) {
  TransformerSettings settings;
  const auto fields = config::fields_of(settings);
  EXPECT_EQ(fields.fields.size(), 14u);
}

// Every weight gets the gradient that one thread gives it: none is left out of what a block says it reads.
TEST(Transformer, RowsInThreadsAreThoseOfOne) {
  Ranges groups;
  for (const int64_t length : {300, 40, 0, 200, 260}) groups.add(length);
  for (const bool gated : {false, true}) {
    TransformerSettings s;
    s.width = 16;
    s.heads = 2;
    s.depth = 3;
    s.drop_path = 0.4;
    s.gated_mlp = s.qk_norm = gated;
    Parameters p;
    const Encoder encoder(Scope(p, 1), s);
    test::shake(p);
    const auto x = test::random_input({groups.rows(), 16}, false, "x", at::kFloat),
               towards = test::random_input({groups.rows(), 16}, false, "towards", at::kFloat);
    const auto run = [&](int threads) {
      const test::Threads some(threads);
      p.zero_grad();
      const auto y = encoder.rows(x, groups, DropKey(3, 5));
      (y * towards).sum().backward();
      std::map<std::string, at::Tensor> out{{"rows", y.detach()}};
      for (const auto& [name, tensor] : p.parameters())
        out[name] = tensor.grad().defined() ? tensor.grad().clone() : at::Tensor();
      return out;
    };
    const auto one = run(1), two = run(2);
    for (const auto& [name, tensor] : one) {
      ASSERT_EQ(tensor.defined(), two.at(name).defined()) << name;
      if (tensor.defined()) EXPECT_TRUE(at::allclose(two.at(name), tensor, 1e-3, 1e-3)) << name;
    }
  }
}

}  // namespace
}  // namespace asterism::nn
