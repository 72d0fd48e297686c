#include "nn/gpu_sums.h"

#include <gtest/gtest.h>

#include "tests/nn/kernels_on_cpu.h"
#include "tests/nn/on_gpu.h"

namespace asterism::nn {
namespace {

constexpr int64_t kSumRows = 21, kSumColumns = 264;  // neither a whole number of blocks nor of warps

TEST(SumKernels, SumOfRows) {
  const auto x = some({70, 40}, 1), out = at::empty({40});
  on_cpu::run({2, 1, 1}, 1024, [&] { on_cpu::sum_of_rows(floats_in(x), floats_in(out), 70, 40); });
  expect_like(out, x.sum(0), 1e-6);
}

TEST(SumKernels, GeluBackwardWithSums) {
  const auto x = narrowed(some({kSumRows, kSumColumns}, 1)), g = narrowed(some({kSumRows, kSumColumns}, 2)),
             of_x = at::empty_like(x), partial = at::empty({2, kSumColumns});
  const auto leaf = x.to(at::kFloat).set_requires_grad(true);
  (at::gelu(leaf) * g.to(at::kFloat)).sum().backward();
  on_cpu::run({2, 2, 1}, 256, [&] {
    on_cpu::gelu_rows_backward(shorts_in(x), shorts_in(g), shorts_in(of_x), kSumRows, kSumColumns, floats_in(partial));
  });
  expect_like(of_x, leaf.grad(), 0.01);
  expect_like(partial.sum(0), leaf.grad().sum(0), 1e-5);
}

TEST(SumKernels, PlacesRowsAmongOthers) {
  const auto from = narrowed(some({kSumRows, kSumColumns}, 1)), to = narrowed(at::zeros({kSumRows, 3, kSumColumns})),
             partial = at::zeros({2, 3 * kSumColumns});
  for (const bool sums : {false, true})
    on_cpu::run({2, 2, 1}, 256, [&] {
      on_cpu::place_rows(shorts_in(from), shorts_in(to) + kSumColumns, kSumRows, kSumColumns, 3 * kSumColumns,
                         sums ? floats_in(partial) + kSumColumns : nullptr, 3 * kSumColumns);
    });
  EXPECT_TRUE(at::equal(to.select(1, 1), from));
  EXPECT_EQ(to.select(1, 0).abs().sum().item<float>() + to.select(1, 2).abs().sum().item<float>(), 0);
  const auto summed = partial.sum(0).view({3, kSumColumns});
  expect_like(summed[1], from.to(at::kFloat).sum(0), 1e-5);
  EXPECT_EQ(summed[0].abs().sum().item<float>() + summed[2].abs().sum().item<float>(), 0);
}

TEST(GpuSums, BlocksFillAGpuAndNoMore) {
  for (const int64_t rows : {1, 100, 200000})
    for (const int64_t columns : {64, 768, 4096}) {
      const auto blocks = slices_of(rows, columns);
      EXPECT_GE(256 * blocks.x, columns);
      EXPECT_GE(blocks.y, 1);
      EXPECT_LE(blocks.y, (rows + 7) / 8);
      EXPECT_LE(blocks.x * blocks.y, 2000);
    }
}

TEST(GpuSums, DenseIsAligned) {
  const auto x = at::arange(65, at::kFloat);
  const auto made = dense(x.narrow(0, 1, 64));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(made.data_ptr()) % 16, 0U);
  EXPECT_TRUE(at::equal(made, x.narrow(0, 1, 64)));
  EXPECT_FALSE(dense({}).defined());
}

}  // namespace
}  // namespace asterism::nn
