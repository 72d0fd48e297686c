#include "nn/gpu_layers.h"

#include <gtest/gtest.h>

#include "nn/autocast.h"
#include "nn/convnext.h"
#include "nn/device.h"
#include "nn/residual.h"
#include "tests/nn/kernels_on_cpu.h"

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
