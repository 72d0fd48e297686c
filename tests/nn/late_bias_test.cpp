#include "nn/late_bias.h"

#include <gtest/gtest.h>

#include "nn/attention.h"
#include "nn/autocast.h"
#include "tests/nn/on_gpu.h"

namespace asterism::nn {
namespace {

constexpr int64_t kBiasWidth = 128;

TEST(LateBias, IsNoneOnACpu) {
  Parameters parameters;
  const Linear layer(Scope(parameters, 3), 16, kBiasWidth);
  const auto x = some({5, 16}, 1);
  const auto made = late_bias(layer, PackedLinear(), x);
  EXPECT_FALSE(made.bias.defined());
  EXPECT_TRUE(at::equal(made.y, layer(x)));
  EXPECT_TRUE(at::allclose(gelu_product(layer, PackedLinear(), x), at::gelu(layer(x))));
}

TEST(LateBias, SettledReachesTheBias) {
  const auto bias = some({kBiasWidth}, 1).set_requires_grad(true), y = some({7, kBiasWidth}, 2);
  const auto made = settled({y, bias});
  EXPECT_TRUE(at::equal(made, y));
  made.sum().backward();
  EXPECT_TRUE(at::equal(bias.grad(), at::full({kBiasWidth}, 7.0f)));
  EXPECT_TRUE(settled({y, {}}).is_same(y));
}

// A layer here in float32, and the same on a GPU.
struct TwoLayers {
  TwoLayers(int64_t in, const at::Device& device)
      : here(Scope(a, 3), in, kBiasWidth), there(Scope(b, 3), in, kBiasWidth) {
    at::NoGradGuard no_grad;
    for (auto* p : {&a, &b})
      for (const auto& [name, tensor] : p->parameters())
        tensor.copy_(narrowed(0.2 * some(tensor.sizes(), int64_t(name.size()))));
    b.to(device);
  }
  void expect_same_gradients() {
    for (const auto& [name, tensor] : a.parameters())
      expect_like(b.parameters().at(name).grad(), tensor.grad(), 0.02, name);
  }
  Parameters a, b;
  Linear here, there;
};

using LateBiasOnGpu = OnGpu;

TEST_F(LateBiasOnGpu, GeluSumsIt) {
  TwoLayers layers(64, device_);
  const auto x = narrowed(some({3, 111, 64}, 1)).to(at::kFloat),
             g = narrowed(some({3, 111, kBiasWidth}, 2)).to(at::kFloat);
  const auto here = leaf(x), wanted = at::gelu(layers.here(here));
  (wanted * g).sum().backward();
  const Autocast autocast(Precision::bf16, device_.type());
  const auto at_x = there(x), made = gelu_product(layers.there, PackedLinear(), at_x);
  expect_like(made, wanted, 0.02);
  (made * g.to(device_)).sum().backward();
  expect_like(at_x.grad(), here.grad(), 0.02, "x");
  layers.expect_same_gradients();
}

TEST_F(LateBiasOnGpu, HeadsSumIt) {
  TwoLayers layers(64, device_);
  const auto x = narrowed(some({333, 64}, 1)).to(at::kFloat);
  const auto here = leaf(x);
  const auto wanted = layers.here(here).view({333, 2, 1, 64}).unbind(1);
  const Autocast autocast(Precision::bf16, device_.type());
  const auto at_x = there(x);
  const auto late = late_bias(layers.there, PackedLinear(), at_x);
  ASSERT_TRUE(late.bias.defined());
  const auto made = split_heads(late.y.view({333, 2, 1, 64}), {}, late.bias);
  at::Tensor loss = at::zeros({}, device_), loss_here = at::zeros({});
  for (size_t p = 0; p < 2; ++p) {
    const auto g = narrowed(some(made[p].sizes(), int64_t(p + 5))).to(at::kFloat);
    expect_like(made[p], wanted[p], 0.02);
    loss = loss + (made[p] * g.to(device_)).sum();
    loss_here = loss_here + (wanted[p] * g).sum();
  }
  loss.backward();
  loss_here.backward();
  expect_like(at_x.grad(), here.grad(), 0.02, "x");
  layers.expect_same_gradients();
}

TEST_F(LateBiasOnGpu, AStreamSumsIt) {
  for (const bool has_gain : {false, true})
    for (const auto type : {at::kFloat, at::kBFloat16}) {
      TwoLayers layers(64, device_);
      TwoNorms norms(kBiasWidth, NormBias::learned);
      const auto x = narrowed(some({3, 111, 64}, 1)).to(at::kFloat), stream = narrowed(some({3, 111, kBiasWidth}, 2)),
                 g = narrowed(some(stream.sizes(), 3)).to(at::kFloat),
                 gain = has_gain ? some({kBiasWidth}, 8) : at::Tensor();
      const auto here = leaf(x), here_stream = leaf(stream.to(at::kFloat)), here_gain = has_gain ? leaf(gain) : gain;
      const auto wanted = add_norm(here_stream, layers.here(here), here_gain, norms.here);
      ((wanted.normed + wanted.sum) * g).sum().backward();
      norms.b.to(device_);
      const Autocast autocast(Precision::bf16, device_.type());
      const auto at_x = there(x), at_stream = there(stream.to(type)), at_gain = has_gain ? there(gain) : gain;
      const auto late = late_bias(layers.there, PackedLinear(), at_x);
      const auto made = add_norm(at_stream, late.y, at_gain, norms.there, late.bias);
      expect_like(made.normed, wanted.normed, 0.03);
      ((made.normed + made.sum) * g.to(device_)).sum().backward();
      expect_like(at_x.grad(), here.grad(), 0.03, "x");
      expect_like(at_stream.grad(), here_stream.grad(), 0.03, "stream");
      layers.expect_same_gradients();
      norms.expect_same_gradients();
    }
}

}  // namespace
}  // namespace asterism::nn
