#include "nn/gpu_rows.h"

#include <gtest/gtest.h>

#include "nn/autocast.h"
#include "nn/swiglu.h"
#include "tests/nn/kernels_on_cpu.h"
#include "tests/nn/on_gpu.h"

namespace asterism::nn {
namespace {

constexpr int64_t kRows = 70, kWidth = 64;  // no whole number of blocks

// Mean and 1 / deviation of rows.
at::Tensor stats_of(const at::Tensor& x) {
  return at::stack({x.mean(1), (x.var(1, false) + 1e-6).rsqrt()}, 1).contiguous();
}

TEST(RowKernels, KeepTwoNumbersOfAWord) {
  alignas(4) unsigned short kept[2] = {0, 0};
  on_cpu::put_two(1.5f, -3.0f, kept);
  EXPECT_EQ(on_cpu::first_of(kept), 1.5f);
  EXPECT_EQ(on_cpu::second_of(kept), -3.0f);
}

TEST(RowKernels, AddAndNorm) {
  const auto x = some({kRows, kWidth}, 1), y = narrowed(some({kRows, kWidth}, 2)), gain = some({kWidth}, 3),
             gamma = some({kWidth}, 4), beta = some({kWidth}, 5), sum = at::empty_like(x), out = at::empty_like(y),
             stats = at::empty({kRows, 2});
  for (const bool has_gain : {true, false}) {
    on_cpu::run({int((kRows + 31) / 32), 1, 1}, 256, [&] {
      on_cpu::add_norm(floats_in(x), shorts_in(y), has_gain ? floats_in(gain) : nullptr, floats_in(gamma),
                       has_gain ? floats_in(beta) : nullptr, 1e-6f, kRows, floats_in(sum), shorts_in(out),
                       floats_in(stats));
    });
    const auto wanted = x + (has_gain ? y.to(at::kFloat) * gain : y.to(at::kFloat));
    expect_like(sum, wanted, 1e-6);
    expect_like(stats, stats_of(wanted), 1e-5);
    expect_like(out, at::layer_norm(wanted, {kWidth}, gamma, has_gain ? beta : at::Tensor(), 1e-6), 0.01);
  }
}

// Three parts of two heads; the middle one.
TEST(RowKernels, NormOfHeadsAmongOthers) {
  const int64_t R = 13, H = 2;
  const auto x = some({R, 3, H, kWidth}, 1), gamma = some({kWidth}, 2), beta = some({kWidth}, 3),
             out = at::empty({R, H, kWidth}, at::kBFloat16);
  on_cpu::run({1, 1, 1}, 256, [&] {
    on_cpu::norm_rows(floats_in(x) + H * kWidth, floats_in(gamma), floats_in(beta), 1e-6f, R * H, H, 3 * H * kWidth,
                      shorts_in(out), nullptr);
  });
  expect_like(out, at::layer_norm(x.select(1, 1), {kWidth}, gamma, beta, 1e-6), 0.01);
}

// Against ATen's own gradients of the same in float32. threads: of a block.
template <class Kernel>
void expect_backward(int64_t rows, int64_t width, int threads, const Kernel& kernel) {
  const auto before = some({rows, width}, 1), y = narrowed(some({rows, width}, 2)), gain = some({width}, 3),
             gamma = some({width}, 4), beta = some({width}, 5), of_sum = some({rows, width}, 6),
             g = narrowed(some({rows, width}, 7));
  const int64_t blocks = 2;
  for (const auto& [has_gain, has_bias] : {std::pair(true, true), {true, false}, {false, true}, {false, false}}) {
    on_cpu::has_gain = has_gain;
    on_cpu::has_bias = has_bias;
    std::vector<at::Tensor> leaves;
    for (const auto& x : {before, y.to(at::kFloat), gain, gamma, beta})
      leaves.push_back(x.clone().set_requires_grad(true));
    const auto sum = has_gain ? leaves[0] + leaves[1] * leaves[2] : leaves[0] + leaves[1];
    const auto normed = at::layer_norm(sum, {width}, leaves[3], leaves[4], 1e-6);
    ((normed * g.to(at::kFloat)).sum() + (sum * of_sum).sum()).backward();
    const auto of_x = at::empty_like(before), of_y = at::empty_like(y),
               partial = at::empty({blocks, 2 + int(has_gain) + int(has_bias), width});
    const auto given = sum.detach().contiguous(), stats = stats_of(given);
    on_cpu::run({int(blocks), 1, 1}, threads, [&] {
      kernel(floats_in(given), floats_in(stats), shorts_in(g), floats_in(of_sum), shorts_in(y), floats_in(gain),
             floats_in(gamma), rows, 1, width, width, floats_in(of_x), shorts_in(of_y), floats_in(partial));
    });
    const auto sums = partial.sum(0);
    expect_like(of_x, leaves[0].grad(), 1e-5, "x");
    expect_like(of_y, leaves[1].grad(), 0.01, "y");
    expect_like(sums[0], leaves[3].grad(), 1e-5, "gamma");
    expect_like(sums[1], leaves[4].grad(), 1e-5, "beta");
    if (has_gain) expect_like(sums[2], leaves[2].grad(), 1e-5, "gain");
    if (has_bias) expect_like(sums[has_gain ? 3 : 2], leaves[1].grad().sum(0), 1e-5, "bias");
  }
}

// Eight lanes a row.
TEST(RowKernels, BackwardOfAStream) { expect_backward(kRows, kWidth, 256, on_cpu::norm_rows_backward); }

// Four warps a row, two rows a block.
TEST(RowKernels, BackwardOfAWideStream) { expect_backward(11, 1024, 256, on_cpu_wide::norm_wide_rows_backward); }

// Rows that end before their lanes do: 24 of 32, and 40 of 64.
TEST(RowKernels, BackwardWithIdleLanes) {
  expect_backward(19, 192, 256, on_cpu_192::norm_192_rows_backward);
  expect_backward(9, 320, 256, on_cpu_320::norm_320_rows_backward);
}

TEST(RowKernels, NormWithIdleLanes) {
  const auto x = some({kRows, 192}, 1), gamma = some({192}, 2), out = at::empty({kRows, 192}, at::kBFloat16),
             stats = at::empty({kRows, 2});
  on_cpu::run({9, 1, 1}, 256, [&] {
    on_cpu_192::norm_192_rows(floats_in(x), floats_in(gamma), nullptr, 1e-6f, kRows, 1, 192, shorts_in(out),
                              floats_in(stats));
  });
  expect_like(stats, stats_of(x), 1e-5);
  expect_like(out, at::layer_norm(x, {192}, gamma, {}, 1e-6), 0.01);
}

TEST(RowKernels, GateAndItsGradient) {
  const int64_t C = 264;  // no whole number of blocks
  const auto x = narrowed(3 * some({kRows, 2 * C}, 1)), g = narrowed(some({kRows, C}, 2)),
             out = at::empty({kRows, C}, at::kBFloat16), of_x = at::empty_like(x);
  const auto leaf = x.to(at::kFloat).set_requires_grad(true);
  const auto halves = leaf.chunk(2, 1);
  const auto wanted = at::silu(halves[0]) * halves[1];
  (wanted * g.to(at::kFloat)).sum().backward();
  const on_cpu::Place blocks{2, 3, 1};
  on_cpu::run(blocks, 256, [&] { on_cpu::gate_rows(shorts_in(x), shorts_in(out), kRows, C); });
  on_cpu::run(blocks, 256, [&] { on_cpu::gate_rows_backward(shorts_in(x), shorts_in(g), shorts_in(of_x), kRows, C); });
  expect_like(out, wanted, 0.01);
  expect_like(of_x, leaf.grad(), 0.01);
}

TEST(RowsOnACpu, AreLeftToOperators) {
  Parameters parameters;
  const LayerNorm norm(Scope(parameters, 3), kWidth);
  const auto x = narrowed(some({4, kWidth}, 1));
  EXPECT_FALSE(norm_on_gpu(x, norm).defined());
  EXPECT_FALSE(add_norm_on_gpu(x, x, {}, norm).sum.defined());
  EXPECT_FALSE(gate_on_gpu(x).defined());
}

using RowsOnGpu = OnGpu;

TEST_F(RowsOnGpu, NormHasItsGradients) {
  for (const int64_t width : {64, 128, 320, 768, 1024, 2048})
    for (const auto kind : {NormBias::learned, NormBias::none, NormBias::zero_buffer}) {
      TwoNorms norms(width, kind);
      const auto x = some({333, width}, 1), g = narrowed(some({333, width}, 2)).to(at::kFloat);
      const auto here = leaf(x);
      (norms.here(here) * g).sum().backward();
      norms.b.to(device_);
      const Autocast autocast(Precision::bf16, device_.type());
      const auto at_x = there(x);
      const auto made = norm_on_gpu(at_x, norms.there);
      ASSERT_TRUE(made.defined());
      EXPECT_EQ(made.scalar_type(), at::kBFloat16);
      expect_like(made, norms.here(x), 0.01);
      (made * g.to(device_)).sum().backward();
      expect_like(at_x.grad(), here.grad(), 0.01, "x");
      norms.expect_same_gradients();
    }
}

TEST_F(RowsOnGpu, AStreamHasItsGradients) {
  for (const int64_t width : {64, 192, 768, 1024})
    for (const bool has_gain : {false, true})
      for (const auto type : {at::kFloat, at::kBFloat16}) {
        TwoNorms norms(width, NormBias::learned);
        const auto x = some({3, 77, width}, 1).to(type), y = narrowed(some({3, 77, width}, 2)),
                   gain = has_gain ? some({width}, 8) : at::Tensor();
        const auto g = narrowed(some(x.sizes(), 3)).to(at::kFloat),
                   of_sum = narrowed(some(x.sizes(), 4)).to(at::kFloat);
        const auto here_x = leaf(x.to(at::kFloat)), here_y = leaf(y.to(at::kFloat)),
                   here_gain = has_gain ? leaf(gain) : gain;
        const auto here = add_norm(here_x, here_y, here_gain, norms.here);
        ((here.normed * g).sum() + (here.sum * of_sum).sum()).backward();
        norms.b.to(device_);
        const Autocast autocast(Precision::bf16, device_.type());
        const auto at_x = there(x), at_y = there(y), at_gain = has_gain ? there(gain) : gain;
        const auto made = add_norm_on_gpu(at_x, at_y, at_gain, norms.there);
        ASSERT_TRUE(made.sum.defined());
        expect_like(made.sum, here.sum, 0.01);
        expect_like(made.normed, here.normed, 0.02);
        ((made.normed * g.to(device_)).sum() + (made.sum * of_sum.to(device_)).sum()).backward();
        expect_like(at_x.grad(), here_x.grad(), 0.02, "x");
        expect_like(at_y.grad(), here_y.grad(), 0.02, "y");
        if (has_gain) expect_like(at_gain.grad(), here_gain.grad(), 0.02, "gain");
        norms.expect_same_gradients();
      }
}

TEST_F(RowsOnGpu, GateHasItsGradient) {
  const auto x = narrowed(some({333, 4096}, 1)), g = narrowed(some({333, 2048}, 2)).to(at::kFloat);
  const auto here = leaf(x.to(at::kFloat));
  const auto wanted = swiglu(here);
  (wanted * g).sum().backward();
  const auto at_x = there(x);
  const auto made = gate_on_gpu(at_x);
  ASSERT_TRUE(made.defined());
  expect_like(made, wanted, 0.01);
  (made * g.to(device_)).sum().backward();
  expect_like(at_x.grad(), here.grad(), 0.01);
}

}  // namespace
}  // namespace asterism::nn
