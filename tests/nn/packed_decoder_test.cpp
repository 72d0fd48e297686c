#include "nn/packed_decoder.h"

#include <gtest/gtest.h>

#include "gradient_check.h"
#include "groups_of.h"
#include "threads.h"

namespace asterism::nn {
namespace {

using test::groups_of;

TEST(PackedContexts, AreTheDecodersOwn) {
  const auto objects = groups_of({5, 0, 30});
  for (const bool qk_norm : {false, true}) {
    TransformerSettings s;
    s.width = 16;
    s.heads = 2;
    s.depth = 2;
    s.qk_norm = qk_norm;
    s.qkv_bias = !qk_norm;
    Parameters p;
    const Decoder decoder(Scope(p, 1), s);
    test::shake(p);
    const PackedContexts packed(decoder);
    const auto x = test::random_input({35, 16}, false, "x", at::kFloat);
    at::NoGradGuard no_grad;
    const auto out = packed.prepare(x, objects);
    ASSERT_EQ(out.size(), 2U);
    for (size_t i = 0; i < 2; ++i) {
      const auto& block = decoder.blocks[i];
      const auto wanted = block.cross_attn.prepare(block.context_norm(x), objects);
      EXPECT_TRUE(at::allclose(out[i].k_SHd, wanted.k_SHd, 1e-4, 1e-5));
      EXPECT_TRUE(at::allclose(out[i].v_SHd, wanted.v_SHd, 1e-4, 1e-5));
      EXPECT_EQ(out[i].groups.starts, objects.starts);
    }
    EXPECT_EQ(packed.prepare(x.narrow(0, 0, 0), groups_of({0}))[0].k_SHd.size(0), 0);
    EXPECT_TRUE(packed.current());
    decoder.blocks[0].cross_attn.kv.weight.add_(1);
    EXPECT_FALSE(packed.current());
  }
}

// Objects and segments one after the other, by the blocks of the decoder itself.
at::Tensor by_hand(const Decoder& decoder, const at::Tensor& x_RD, const Ranges& objects, const Ranges& segments,
                   const at::Tensor& context_SD, const Ranges& keys) {
  auto x = x_RD.clone();
  for (const auto& block : decoder.blocks) {
    const auto y = x + block.self_attn.rows(block.norm1(x), segments);
    const auto context = block.cross_attn.prepare(block.context_norm(context_SD), keys);
    x = y + block.cross_attn.rows(block.query_norm(y), objects, context);
    x = x + block.mlp(block.norm2(x));
  }
  return x;
}

TransformerSettings settings(bool gated) {
  TransformerSettings s;
  s.width = 64;
  s.heads = 2;
  s.depth = 3;
  s.gated_mlp = s.qk_norm = gated;
  s.qkv_bias = s.mlp_bias = s.proj_bias = !gated;
  return s;
}

// Objects without rows, without a context, of one segment and of several, more than go through at once.
TEST(PackedDecoder, IsTheDecoder) {
  const auto objects = groups_of({40, 0, 900, 1, 300, 7}), segments = groups_of({30, 10, 0, 900, 1, 100, 200, 7}),
             keys = groups_of({5, 3, 20, 1, 0, 17});
  for (const bool gated : {false, true}) {
    Parameters p;
    const Decoder decoder(Scope(p, 1), settings(gated));
    test::shake(p);
    const auto x = test::random_input({objects.rows(), 64}, false, "x", at::kFloat);
    const auto seen = test::random_input({keys.rows(), 64}, false, "seen", at::kFloat), before = x.clone();
    at::NoGradGuard no_grad;
    const auto context = PackedContexts(decoder).prepare(seen, keys);
    const auto wanted = by_hand(decoder, x, objects, segments, seen, keys);
    const PackedDecoder same(decoder);
    for (const int threads : {1, 2, 3}) {
      const test::Threads some(threads);
      const auto made = same.rows(x, objects, segments, context);
      EXPECT_LT((made - wanted).abs().max().item<double>(), 2e-5 * wanted.abs().max().item<double>()) << threads;
    }
    EXPECT_TRUE(at::equal(x, before));
    EXPECT_THROW(same.rows(x, objects, groups_of({50, 1198}), context), std::exception);  // over two objects
  }
}

TEST(PackedDecoder, ComputesInFewerBitsWhereAsked) {
  const auto objects = groups_of({40, 900}), keys = groups_of({5, 20});
  Parameters p;
  const Decoder decoder(Scope(p, 1), settings(true));
  const auto x = test::random_input({940, 64}, false, "x", at::kFloat),
             seen = test::random_input({25, 64}, false, "seen", at::kFloat);
  at::NoGradGuard no_grad;
  const auto wanted = by_hand(decoder, x, objects, objects, seen, keys);
  for (const auto type : {at::kChar, at::kBFloat16}) {
    const auto context = PackedContexts(decoder, type).prepare(seen, keys);
    const auto made = PackedDecoder(decoder, type).rows(x, objects, objects, context);
    EXPECT_EQ(made.scalar_type(), at::kFloat);
    EXPECT_GT(at::cosine_similarity(made, wanted, 1).min().item<double>(), 0.999) << type;
    EXPECT_FALSE(at::allclose(made, wanted, 1e-4, 1e-4)) << type;
  }
}

TEST(PackedDecoder, KnowsWhenItIsStale) {
  Parameters p;
  const Decoder decoder(Scope(p, 1), settings(true));
  const PackedDecoder same(decoder);
  EXPECT_TRUE(same.current());
  at::NoGradGuard no_grad;
  decoder.blocks[2].cross_attn.q.weight.add_(1);
  EXPECT_FALSE(same.current());
}

}  // namespace
}  // namespace asterism::nn
