#include "nn/packed_encoder.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "gradient_check.h"
#include "groups_of.h"
#include "threads.h"

namespace asterism::nn {
namespace {

using test::groups_of;

TEST(PackedWeight, IsLinear) {
  for (const bool has_bias : {false, true}) {
    Parameters p;
    const Linear linear(Scope(p, 2), 24, 40, has_bias);
    test::shake(p);
    const auto x = test::random_input({33, 24}, false, "x", at::kFloat);
    at::NoGradGuard no_grad;
    const PackedWeight same(linear.weight, linear.bias);
    EXPECT_TRUE(at::allclose(same(x), linear(x), 1e-5, 1e-5));
    EXPECT_TRUE(at::allclose(same(x.narrow(0, 3, 1)), linear(x.narrow(0, 3, 1)), 1e-5, 1e-5));
  }
}

// Every kind of block, objects of many lengths (some empty, some above what is done at once).
TEST(PackedEncoder, IsTheEncoder) {
  const auto groups = groups_of({5, 0, 700, 1, 1100, 0, 300, 20});
  for (const bool gated : {false, true})
    for (const auto activation : {Activation::silu, Activation::gelu}) {
      TransformerSettings s;
      s.width = 16;
      s.heads = 2;
      s.depth = 3;
      s.gated_mlp = gated;
      s.activation = activation;
      s.qk_norm = gated;
      s.qkv_bias = s.mlp_bias = s.proj_bias = !gated;
      Parameters p;
      const Encoder encoder(Scope(p, 1), s);
      test::shake(p);
      const PackedEncoder same(encoder);
      const auto x = test::random_input({groups.rows(), 16}, false, "x", at::kFloat);
      const auto before = x.clone();
      at::NoGradGuard no_grad;
      for (const int threads : {1, 2, 3}) {  // each takes other parts of the objects
        const test::Threads some(threads);
        EXPECT_TRUE(at::allclose(same.rows(x, groups), encoder.rows(x, groups), 1e-4, 1e-4)) << threads;
      }
      EXPECT_TRUE(at::allclose(same.rows(x, groups, 1), encoder.rows(x, groups, {}, 1), 1e-4, 1e-4));
      EXPECT_TRUE(at::equal(x, before));
      EXPECT_EQ(same.rows(x.narrow(0, 0, 0), {}).size(0), 0);
    }
}

// Of bytes and of bfloat16: near the encoder in float32, and not the same.
TEST(PackedEncoder, ComputesInFewerBitsWhereAsked) {
  const auto groups = groups_of({5, 0, 700, 1, 1100});
  for (const bool gated : {false, true}) {
    TransformerSettings s;
    s.width = 64;
    s.heads = 2;
    s.depth = 3;
    s.gated_mlp = s.qk_norm = gated;
    s.qkv_bias = s.mlp_bias = s.proj_bias = !gated;
    Parameters p;
    const Encoder encoder(Scope(p, 1), s);
    const auto x = test::random_input({groups.rows(), 64}, false, "x", at::kFloat);
    at::NoGradGuard no_grad;
    const auto wanted = encoder.rows(x, groups);
    for (const auto type : {at::kChar, at::kBFloat16}) {
      const PackedEncoder few(encoder, type);
      const Autocast guard(type == at::kChar ? Precision::int8 : Precision::bf16);
      const auto made = few.rows(x, groups);
      EXPECT_EQ(made.scalar_type(), at::kFloat);
      EXPECT_GT(at::cosine_similarity(made, wanted, 1).min().item<double>(), 0.999) << type;
      EXPECT_FALSE(at::allclose(made, wanted, 1e-4, 1e-4)) << type;
      EXPECT_TRUE(few.current());
      const double alone = type == at::kChar ? 1e-4 : 0.05;
      EXPECT_TRUE(at::allclose(few.rows(x.narrow(0, 0, 5), groups_of({5})), made.narrow(0, 0, 5), alone, alone));
      const int threads = at::get_num_threads();
      at::set_num_threads(threads == 1 ? 3 : 1);
      EXPECT_TRUE(at::allclose(few.rows(x, groups), made, alone, alone)) << "other threads";
      at::set_num_threads(threads);
    }
  }
}

TEST(PackedEncoder, KnowsWhenItIsStale) {
  TransformerSettings s;
  s.width = 16;
  s.depth = 2;
  Parameters p;
  const Encoder encoder(Scope(p, 1), s);
  const PackedEncoder same(encoder);
  EXPECT_TRUE(same.current());
  at::NoGradGuard no_grad;
  encoder.blocks[1].mlp.fc3.weight.add_(1);
  EXPECT_FALSE(same.current());
}

}  // namespace
}  // namespace asterism::nn
