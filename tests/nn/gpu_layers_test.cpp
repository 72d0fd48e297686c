#include "nn/gpu_layers.h"

#include <gtest/gtest.h>

#include <barrier>
#include <bit>
#include <cmath>
#include <functional>
#include <thread>
#include <vector>

#include "nn/autocast.h"
#include "nn/convnext.h"
#include "nn/device.h"
#include "nn/residual.h"

// The kernels on the CPU: a thread for each of a block's, one block after another.
namespace on_cpu {

struct Place {
  int x = 0, y = 0, z = 0;
};
thread_local Place threadIdx, blockIdx;
Place blockDim, gridDim;
std::barrier<>* together = nullptr;
float exchanged[1024];

void __syncthreads() { together->arrive_and_wait(); }
float __shfl_xor_sync(unsigned int, float x, int step) {
  exchanged[threadIdx.x] = x;
  __syncthreads();
  const float out = exchanged[threadIdx.x ^ step];
  __syncthreads();
  return out;
}
float __uint_as_float(unsigned int x) { return std::bit_cast<float>(x); }
unsigned int __float_as_uint(float x) { return std::bit_cast<unsigned int>(x); }
float rsqrtf(float x) { return 1 / std::sqrt(x); }

#define __device__
#define __global__
#define __shared__ static
#define WIDTH 64
#define IN float
#define OUT unsigned short
#define ASTERISM_GPU_SOURCE(name, ...) __VA_ARGS__
#include "nn/gpu_source.h"
#include "nn/gpu_stream_source.h"
#undef ASTERISM_GPU_SOURCE
#undef OUT
#undef IN
#undef WIDTH
#undef __shared__
#undef __global__
#undef __device__

void run(Place blocks, int threads, const std::function<void()>& kernel) {
  gridDim = blocks;
  blockDim = {threads, 1, 1};
  for (int z = 0; z < blocks.z; ++z)
    for (int y = 0; y < blocks.y; ++y)
      for (int x = 0; x < blocks.x; ++x) {
        std::barrier<> barrier(threads);
        together = &barrier;
        std::vector<std::thread> all;
        for (int t = 0; t < threads; ++t)
          all.emplace_back([&, t] {
            threadIdx = {t, 0, 0};
            blockIdx = {x, y, z};
            kernel();
            barrier.arrive_and_drop();
          });
        for (auto& thread : all) thread.join();
      }
}

}  // namespace on_cpu

namespace asterism::nn {
namespace {

constexpr int64_t B = 2, L = 34, C = 64, D = 4 * C;  // a tile and a bit, and no whole number of blocks

unsigned int* words(const at::Tensor& x) { return static_cast<unsigned int*>(x.data_ptr()); }
float* numbers(const at::Tensor& x) { return x.data_ptr<float>(); }

at::Tensor drawn(at::IntArrayRef shape, int64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(uint64_t(seed)), at::kFloat);
}

// Of numbers kept in bfloat16.
void expect_near(const at::Tensor& made, const at::Tensor& wanted) {
  EXPECT_TRUE(at::allclose(made.to(at::kFloat), wanted, 0.01, 0.01)) << (made - wanted).abs().max();
}

TEST(GpuKernels, ConvolveAndNorm) {
  const auto x = drawn({B, L, C}, 1), taps = drawn({7, C}, 2), bias = drawn({C}, 3), gamma = drawn({C}, 4),
             beta = drawn({C}, 5), out = at::empty({B, L, C}, at::kBFloat16);
  on_cpu::run({int((B * L + 7) / 8), 1, 1}, 256, [&] {
    on_cpu::depthwise_norm(numbers(x), numbers(taps), numbers(bias), numbers(gamma), numbers(beta), 1e-6f, B * L, L,
                           reinterpret_cast<unsigned short*>(words(out)));
  });
  const auto mixed = at::conv1d(x.transpose(1, 2), taps.t().unsqueeze(1), bias, 1, 3, 1, C).transpose(1, 2);
  expect_near(out, at::layer_norm(mixed, {C}, gamma, beta, 1e-6));
}

TEST(GpuKernels, AddAndNorm) {
  const auto x = drawn({B, L, C}, 1), y = drawn({B, L, C}, 2).to(at::kBFloat16), gain = drawn({C}, 3),
             gamma = drawn({C}, 4), beta = drawn({C}, 5), sum = at::empty({B, L, C}),
             out = at::empty({B, L, C}, at::kBFloat16);
  for (const bool has_gain : {true, false}) {
    on_cpu::run({int((B * L + 7) / 8), 1, 1}, 256, [&] {
      on_cpu::add_norm(numbers(x), words(y), has_gain ? numbers(gain) : nullptr, numbers(gamma), numbers(beta), 1e-6f,
                       B * L, numbers(sum), words(out));
    });
    const auto wanted = x + (has_gain ? y.to(at::kFloat) * gain : y.to(at::kFloat));
    EXPECT_TRUE(at::allclose(sum, wanted, 1e-5, 1e-5));
    expect_near(out, at::layer_norm(wanted, {C}, gamma, beta, 1e-6));
  }
}

TEST(GpuKernels, KeepTwoNumbersOfAWord) {
  alignas(4) unsigned short kept[2] = {0, 0};
  on_cpu::put_two(1.5f, -3.0f, kept);
  EXPECT_EQ(on_cpu::first_of(kept), 1.5f);
  EXPECT_EQ(on_cpu::second_of(kept), -3.0f);
}

TEST(GpuKernels, ActivateAndRespondToAllPositions) {
  const auto h = drawn({B, L, D}, 1).to(at::kBFloat16), gamma = drawn({D}, 2), beta = drawn({D}, 3),
             partial = at::empty({B, 2, D}), factor = at::empty({B, D});
  const auto g = at::gelu(h.to(at::kFloat));
  on_cpu::run({1, 2, B}, 128, [&] { on_cpu::gelu_squares(words(h), numbers(partial), L, D); });
  expect_near(h, g);
  on_cpu::run({B, 1, 1}, 256, [&] { on_cpu::response(numbers(partial), numbers(gamma), numbers(factor), 2, D); });
  on_cpu::run({1, 2, B}, 128, [&] { on_cpu::scale_shift(words(h), numbers(factor), numbers(beta), L, D); });
  const auto size = g.square().sum(1, true).sqrt();
  const auto wanted = g * (gamma * (size / (size.mean(-1, true) + 1e-6)) + 1) + beta;
  EXPECT_TRUE(at::allclose(h.to(at::kFloat), wanted, 0.02, 0.03)) << (h - wanted).abs().max();
}

TEST(GpuKernels, SqueezeAndExcite) {
  const auto x = drawn({B, L, C}, 1).to(at::kBFloat16), bias = drawn({C}, 2), key = drawn({C}, 3) * 0.3,
             score = at::empty({B, L});
  auto y = x.clone();
  on_cpu::run({3, 1, 1}, 128, [&] { on_cpu::bias_elu(words(y), numbers(bias), B * L * C / 2, C); });
  expect_near(y, at::elu(x.to(at::kFloat) + bias));
  y = x.clone();
  on_cpu::run({int((B * L + 7) / 8), 1, 1}, 256,
              [&] { on_cpu::bias_elu_key(words(y), numbers(bias), numbers(key), numbers(score), B * L); });
  const auto wanted = at::elu(x.to(at::kFloat) + bias);
  expect_near(y, wanted);
  EXPECT_TRUE(at::allclose(score, at::matmul(wanted, key), 0.02, 0.05));
  const auto share = at::softmax(score, 1), partial = at::empty({B, 2, C});
  on_cpu::run({1, 2, B}, 128, [&] { on_cpu::weighted_sums(words(y), numbers(share), numbers(partial), L, C); });
  expect_near(partial.sum(1), (y.to(at::kFloat) * share.unsqueeze(2)).sum(1));
  const auto gate = drawn({B, C}, 4).sigmoid(), out = at::empty_like(x);
  on_cpu::run({1, 2, B}, 128, [&] { on_cpu::gated_sum(words(x), words(y), numbers(gate), words(out), L, C); });
  expect_near(out, x.to(at::kFloat) + y.to(at::kFloat) * gate.unsqueeze(1));
}

// Where there is a GPU, against the same layers on the CPU in float32.
class GpuLayers : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    if (gpus() == 0) GTEST_SKIP() << "no GPU";
  }
  double tolerance() const { return GetParam() == Precision::bf16 ? 0.05 : 1e-3; }
};
INSTANTIATE_TEST_SUITE_P(, GpuLayers, testing::Values(Precision::fp32, Precision::bf16),
                         [](const auto& info) { return name(info.param); });

TEST_P(GpuLayers, AConvNextBlock) {
  at::NoGradGuard no_grad;
  for (const int64_t width : {32, 64, 96, 512}) {
    Parameters parameters;
    const ConvNextBlock block(Scope(parameters, 3), width, 1);
    parameters.parameters().at("grn.gamma").copy_(drawn(block.grn.gamma.sizes(), 7) * 0.3);
    parameters.parameters().at("grn.beta").copy_(drawn(block.grn.beta.sizes(), 8) * 0.1);
    const auto x = drawn({3, width, 77}, 1);
    const auto here = block(x);
    const auto device = choose_device("cuda");
    parameters.to(device);
    const Autocast autocast(GetParam(), device.type());
    EXPECT_TRUE(convnext_on_gpu(block, x.to(device).unsqueeze(2).contiguous(at::MemoryFormat::ChannelsLast)).defined());
    EXPECT_TRUE(at::allclose(block(x.to(device)).to(at::kCPU, at::kFloat), here, tolerance(), tolerance())) << width;
  }
}

TEST_P(GpuLayers, AStreamThatIsNormed) {
  at::NoGradGuard no_grad;
  for (const int64_t width : {48, 64, 768, 1024}) {
    Parameters parameters;
    const LayerNorm norm(Scope(parameters, 3), width);
    for (const auto& [name, tensor] : parameters.parameters()) tensor.copy_(drawn(tensor.sizes(), 9));
    const auto device = choose_device("cuda");
    const auto gain = drawn({width}, 4), x = drawn({3, 37, width}, 1), y = drawn({3, 37, width}, 2);
    const auto here = add_norm(x, y, gain, norm);
    parameters.to(device);
    const Autocast autocast(GetParam(), device.type());
    const auto added = y.to(device).to(type_on(device));
    for (const auto type : {at::kFloat, at::kBFloat16}) {
      EXPECT_EQ(add_norm_on_gpu(x.to(device).to(type), added, gain.to(device), norm).sum.defined(),
                GetParam() == Precision::bf16 && width % 64 == 0);
      const auto there = add_norm(x.to(device).to(type), added, gain.to(device), norm);
      EXPECT_TRUE(at::allclose(there.sum.to(at::kCPU, at::kFloat), here.sum, 0.05, 0.05)) << width;
      EXPECT_TRUE(at::allclose(there.normed.to(at::kCPU, at::kFloat), here.normed, 0.05, 0.1)) << width;
    }
  }
}

TEST_P(GpuLayers, AResidualUnit) {
  at::NoGradGuard no_grad;
  for (const int64_t width : {48, 64, 128, 512}) {
    Parameters parameters;
    const ResidualUnit unit(Scope(parameters, 3), width, true);
    for (const auto& [name, tensor] : parameters.parameters())
      if (name.ends_with("bias")) tensor.copy_(drawn(tensor.sizes(), 9) * 0.2);
    const auto x = drawn({3, width, 10, 12}, 1);
    const auto here = unit(x);
    const auto device = choose_device("cuda");
    parameters.to(device);
    const Autocast autocast(GetParam(), device.type());
    EXPECT_EQ(residual_on_gpu(unit, x.to(device)).defined(), GetParam() == Precision::bf16 && width % 64 == 0);
    EXPECT_TRUE(at::allclose(unit(x.to(device)).to(at::kCPU, at::kFloat), here, tolerance(), tolerance())) << width;
  }
}

}  // namespace
}  // namespace asterism::nn
