#include "nn/gpu_rows.h"

#include <gtest/gtest.h>

#include "nn/attention.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "nn/swiglu.h"
#include "tests/nn/kernels_on_cpu.h"

namespace asterism::nn {
namespace {

constexpr int64_t kRows = 70, kWidth = 64;  // no whole number of blocks

unsigned int* words_in(const at::Tensor& x) { return static_cast<unsigned int*>(x.data_ptr()); }
float* floats_in(const at::Tensor& x) { return x.data_ptr<float>(); }

at::Tensor some(at::IntArrayRef shape, int64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(uint64_t(seed)), at::kFloat);
}

at::Tensor narrowed(const at::Tensor& x) { return x.to(at::kBFloat16); }

void expect_like(const at::Tensor& made, const at::Tensor& wanted, double tolerance, const std::string& what = "") {
  const auto here = made.detach().to(at::kCPU, at::kFloat), there = wanted.detach().to(at::kCPU, at::kFloat);
  ASSERT_EQ(here.sizes(), there.sizes()) << what;
  const double scale = std::max(1e-3, there.abs().max().item<double>());
  EXPECT_LT((here - there).abs().max().item<double>(), tolerance * scale) << what;
}

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
    on_cpu::run({int((kRows + 7) / 8), 1, 1}, 256, [&] {
      on_cpu::add_norm(floats_in(x), words_in(y), has_gain ? floats_in(gain) : nullptr, floats_in(gamma),
                       has_gain ? floats_in(beta) : nullptr, 1e-6f, kRows, floats_in(sum), words_in(out),
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
  on_cpu::run({4, 1, 1}, 256, [&] {
    on_cpu::norm_rows(floats_in(x) + H * kWidth, floats_in(gamma), floats_in(beta), 1e-6f, R * H, H, 3 * H * kWidth,
                      words_in(out), nullptr);
  });
  expect_like(out, at::layer_norm(x.select(1, 1), {kWidth}, gamma, beta, 1e-6), 0.01);
}

// Against ATen's own gradients of the same in float32.
TEST(RowKernels, BackwardOfAStream) {
  const auto before = some({kRows, kWidth}, 1), y = narrowed(some({kRows, kWidth}, 2)), gain = some({kWidth}, 3),
             gamma = some({kWidth}, 4), beta = some({kWidth}, 5), of_sum = some({kRows, kWidth}, 6),
             g = narrowed(some({kRows, kWidth}, 7));
  const int64_t blocks = 2;
  for (const bool has_gain : {true, false}) {
    std::vector<at::Tensor> leaves;
    for (const auto& x : {before, y.to(at::kFloat), gain, gamma, beta})
      leaves.push_back(x.clone().set_requires_grad(true));
    const auto sum = has_gain ? leaves[0] + leaves[1] * leaves[2] : leaves[0] + leaves[1];
    const auto normed = at::layer_norm(sum, {kWidth}, leaves[3], leaves[4], 1e-6);
    ((normed * g.to(at::kFloat)).sum() + (sum * of_sum).sum()).backward();
    const auto of_x = at::empty_like(before), of_y = at::empty_like(y), partial = at::empty({blocks, 3, kWidth});
    const auto given = sum.detach().contiguous(), stats = stats_of(given);
    on_cpu::run({int(blocks), 1, 1}, 256, [&] {
      on_cpu::norm_rows_backward(floats_in(given), floats_in(stats), words_in(g), floats_in(of_sum),
                                 has_gain ? words_in(y) : nullptr, floats_in(gain), floats_in(gamma), kRows, 1, kWidth,
                                 kWidth, floats_in(of_x), words_in(of_y), floats_in(partial));
    });
    const auto sums = partial.sum(0);
    expect_like(of_x, leaves[0].grad(), 1e-5, "x");
    expect_like(of_y, leaves[1].grad(), 0.01, "y");
    expect_like(sums[0], leaves[3].grad(), 1e-5, "gamma");
    expect_like(sums[1], leaves[4].grad(), 1e-5, "beta");
    if (has_gain) expect_like(sums[2], leaves[2].grad(), 1e-5, "gain");
  }
}

TEST(RowKernels, GateAndItsGradient) {
  const int64_t C = 20;
  const auto x = narrowed(some({kRows, 2 * C}, 1)), g = narrowed(some({kRows, C}, 2)),
             out = at::empty({kRows, C}, at::kBFloat16), of_x = at::empty_like(x);
  const auto leaf = x.to(at::kFloat).set_requires_grad(true);
  const auto halves = leaf.chunk(2, 1);
  const auto wanted = at::silu(halves[0]) * halves[1];
  (wanted * g.to(at::kFloat)).sum().backward();
  const on_cpu::Place blocks{int((kRows + 7) / 8), 1, 1};
  on_cpu::run(blocks, 128, [&] { on_cpu::gate_rows(words_in(x), words_in(out), kRows, C / 2); });
  on_cpu::run(blocks, 128, [&] { on_cpu::gate_rows_backward(words_in(x), words_in(g), words_in(of_x), kRows, C / 2); });
  expect_like(out, wanted, 0.01);
  expect_like(of_x, leaf.grad(), 0.01);
}

TEST(RowKernels, PlacesRowsAmongOthers) {
  const auto from = narrowed(some({5, 16}, 1)), to = narrowed(at::zeros({5, 3, 16}));
  on_cpu::run({1, 1, 1}, 8, [&] {
    on_cpu::place_rows(static_cast<const on_cpu::Four*>(from.data_ptr()), static_cast<on_cpu::Four*>(to.data_ptr()) + 2,
                       5, 2, 6);
  });
  EXPECT_TRUE(at::equal(to.select(1, 1), from));
  EXPECT_EQ(to.select(1, 0).abs().sum().item<float>() + to.select(1, 2).abs().sum().item<float>(), 0);
}

TEST(RowsOnACpu, AreLeftToOperators) {
  Parameters parameters;
  const LayerNorm norm(Scope(parameters, 3), kWidth);
  const auto x = narrowed(some({4, kWidth}, 1));
  EXPECT_FALSE(norm_on_gpu(x, norm).defined());
  EXPECT_FALSE(add_norm_on_gpu(x, x, {}, norm).sum.defined());
  EXPECT_FALSE(gate_on_gpu(x).defined());
  EXPECT_FALSE(heads_on_gpu(x.view({4, 1, 1, kWidth}), {})[0].defined());
}

// Where there is a GPU: values and gradients beside those of operators on the CPU in float32.
class RowsOnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (gpus() == 0) GTEST_SKIP() << "no GPU";
    device_ = choose_device("cuda");
  }
  at::Tensor there(const at::Tensor& x) const { return x.detach().to(device_).set_requires_grad(true); }
  static at::Tensor leaf(const at::Tensor& x) { return x.detach().clone().set_requires_grad(true); }
  at::Device device_ = at::kCPU;
};

struct TwoNorms {
  explicit TwoNorms(int64_t width, NormBias kind) : here(Scope(a, 3), width, kind), there(Scope(b, 3), width, kind) {
    at::NoGradGuard no_grad;
    for (auto* p : {&a, &b})
      for (const auto& [name, tensor] : p->parameters()) tensor.copy_(some(tensor.sizes(), int64_t(name.size())));
  }
  void expect_same_gradients() {
    for (const auto& [name, tensor] : a.parameters())
      expect_like(b.parameters().at(name).grad(), tensor.grad(), 0.02, name);
  }
  Parameters a, b;
  LayerNorm here, there;
};

TEST_F(RowsOnGpu, NormHasItsGradients) {
  for (const int64_t width : {64, 768, 1024, 2048})
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
  for (const int64_t width : {64, 768, 1024})
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

TEST_F(RowsOnGpu, HeadsHaveTheirGradients) {
  const int64_t R = 77, H = 3;
  for (const int64_t count : {1, 2, 3})
    for (const bool normed : {false, true}) {
      TwoNorms first(kWidth, NormBias::learned), second(kWidth, NormBias::none);
      const auto x = narrowed(some({R, count, H, kWidth}, 1));
      const auto here = leaf(x.to(at::kFloat));
      const auto wanted =
          split_heads(here, {normed ? &first.here : nullptr, normed && count == 3 ? &second.here : nullptr});
      first.b.to(device_);
      second.b.to(device_);
      const Autocast autocast(Precision::bf16, device_.type());
      const auto at_x = there(x);
      const auto made =
          heads_on_gpu(at_x, {normed ? &first.there : nullptr, normed && count == 3 ? &second.there : nullptr});
      ASSERT_TRUE(made[0].defined());
      at::Tensor loss, loss_here;
      for (size_t p = 0; p < size_t(count); ++p) {
        expect_like(made[p], wanted[p], 0.01, "part " + std::to_string(p));
        const auto g = narrowed(some({R, H, kWidth}, int64_t(10 + p))).to(at::kFloat);
        const auto one = (made[p] * g.to(device_)).sum(), other = (wanted[p] * g).sum();
        loss = loss.defined() ? loss + one : one;
        loss_here = loss_here.defined() ? loss_here + other : other;
      }
      loss.backward();
      loss_here.backward();
      expect_like(at_x.grad(), here.grad(), 0.01, "x");
      if (normed) first.expect_same_gradients();
      if (normed && count == 3) second.expect_same_gradients();
    }
}

}  // namespace
}  // namespace asterism::nn
