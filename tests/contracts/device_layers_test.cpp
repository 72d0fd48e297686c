// Layers that have a kernel of their own for the CPU answer on a device as they do there.

#include <gtest/gtest.h>

#include "nn/device.h"
#include "nn/drop.h"
#include "nn/packed_encoder.h"
#include "nn/ragged_attention.h"
#include "nn/whitening.h"
#include "pretend_device.h"

namespace asterism::nn {
namespace {

using test::a_device;

Ranges ranges_of(const std::vector<int64_t>& lengths) {
  Ranges out;
  for (int64_t n : lengths) out.add(n);
  return out;
}

at::Tensor numbers(at::IntArrayRef shape, int64_t seed) {
  int64_t count = 1;
  for (const int64_t n : shape) count *= n;
  return at::sin(at::arange(count, at::kDouble) * (1.7 + double(seed))).to(at::kFloat).view(shape);
}

// Of groups of different lengths, without rows on either side, alone, and all alike; heads that a kernel of a GPU takes
// and one that it does not.
TEST(DeviceLayers, RaggedAttention) {
  const std::vector<std::pair<std::vector<int64_t>, std::vector<int64_t>>> cases = {
      {{3, 0, 300, 1, 5, 17}, {9, 4, 150, 1, 0, 33}}, {{3, 0, 70, 1}, {9, 4, 150, 1}}, {{6, 6, 6}, {6, 6, 6}}};
  for (const auto& [q_lengths, k_lengths] : cases)
    for (const int64_t d : {4, 8, 64}) {
      const auto queries = ranges_of(q_lengths), keys = ranges_of(k_lengths);
      const auto run = [&](const at::Device& device) {
        const auto qkv = onto(device, numbers({queries.rows(), 3, 2, d}, 1)).set_requires_grad(true);
        const auto kv = onto(device, numbers({keys.rows(), 2, 2, d}, 2)).set_requires_grad(true);
        const auto q = qkv.select(1, 0), k = kv.select(1, 0), v = kv.select(1, 1);
        const auto out = attend_ragged(q, k, v, queries, keys);
        (out * onto(device, numbers(out.sizes(), 3))).sum().backward();
        const auto again = attend_ragged_inference(q.detach(), k.detach(), v.detach(), queries, keys);
        return std::vector<at::Tensor>{out.detach().cpu(), again.cpu(), qkv.grad().cpu(), kv.grad().cpu()};
      };
      const auto here = run(at::kCPU), there = run(a_device());
      for (size_t i = 0; i < here.size(); ++i)
        EXPECT_TRUE(at::allclose(there[i], here[i], 1e-3, 1e-4)) << i << " of heads of " << d;
    }
}

// On a GPU in bf16 by another kernel than in fp32.
TEST(DeviceLayers, RaggedAttentionInBf16) {
  const auto groups = ranges_of({3, 0, 70, 1});
  const auto run = [&](const at::Device& device) {
    const auto qkv = onto(device, numbers({groups.rows(), 3, 2, 32}, 1).to(at::kBFloat16)).set_requires_grad(true);
    const auto out = attend_ragged(qkv.select(1, 0), qkv.select(1, 1), qkv.select(1, 2), groups, groups);
    out.to(at::kFloat).square().sum().backward();
    return std::vector<at::Tensor>{out.detach().cpu().to(at::kFloat), qkv.grad().cpu().to(at::kFloat)};
  };
  const auto here = run(at::kCPU), there = run(a_device());
  for (size_t i = 0; i < here.size(); ++i) EXPECT_TRUE(at::allclose(there[i], here[i], 5e-2, 5e-2)) << i;
}

TEST(DeviceLayers, RaggedAttentionOfTwoTypes) {
  const auto groups = ranges_of({3, 5});
  const auto run = [&](const at::Device& device) {
    const auto qkv = onto(device, numbers({groups.rows(), 3, 2, 8}, 1));
    const auto kv = qkv.narrow(1, 1, 2).to(at::kBFloat16);
    return attend_ragged(qkv.select(1, 0), kv.select(1, 0), kv.select(1, 1), groups, groups).cpu();
  };
  EXPECT_EQ(run(a_device()).scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(run(a_device()), run(at::kCPU), 1e-3, 1e-4));
}

TEST(DeviceLayers, PackedEncoder) {
  TransformerSettings settings;
  settings.width = 32;
  settings.heads = 4;
  settings.depth = 2;
  Parameters parameters;
  const Encoder encoder(Scope(parameters, 1), settings);
  const auto groups = ranges_of({5, 0, 9});
  const auto x = numbers({14, 32}, 4);
  const PackedEncoder packed(encoder);
  const auto here = packed.rows(x, groups);
  parameters.to(a_device());
  EXPECT_FALSE(packed.current()) << "the weights went elsewhere";
  const PackedEncoder again(encoder);
  EXPECT_TRUE(at::allclose(again.rows(onto(a_device(), x), groups).cpu(), here, 1e-3, 1e-4));
}

TEST(DeviceLayers, DropIsKeyed) {
  const auto device = a_device();
  const auto x = onto(device, at::ones({200, 8}));
  const auto groups = ranges_of(std::vector<int64_t>(50, 4));
  const DropKey key(3, 7);
  for (const auto& drop : std::vector<std::function<at::Tensor(const DropKey&)>>{
           [&](const DropKey& k) { return dropout(x, 0.3, k); }, [&](const DropKey& k) { return drop_path(x, 0.3, k); },
           [&](const DropKey& k) { return drop_path(x, groups, 0.3, k); },
           [&](const DropKey& k) {
             return add_branch(x, groups, 0.3, k, [](const at::Tensor& rows, const Ranges&) { return rows; }) - x;
           }}) {
    const auto once = drop(key).cpu();
    EXPECT_TRUE(at::equal(drop(key).cpu(), once)) << "the same key, the same choice";
    EXPECT_FALSE(at::equal(drop(key / 1).cpu(), once));
    EXPECT_NEAR(once.mean().item<double>(), 1, 0.35);
    EXPECT_GT(once.eq(0).sum().item<int64_t>(), 0);
  }
}

TEST(DeviceLayers, Whitening) {
  const auto x = numbers({64, 3}, 5);
  Parameters near, far;
  const Whitening here(Scope(near, 1), 3), there(Scope(far, 1), 3);
  far.to(a_device());
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(at::allclose(there(onto(a_device(), x * (i + 1))).cpu(), here(x * (i + 1)), 1e-3, 1e-4));
  EXPECT_TRUE(at::allclose(there.covariance.cpu(), here.covariance, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(there.mean.cpu(), here.mean, 1e-4, 1e-5));
}

}  // namespace
}  // namespace asterism::nn
