#include "nn/gpu_sums.h"

#include <algorithm>

namespace asterism::nn {
namespace {

constexpr int64_t kLanes = 32, kColumns = 8 * kLanes, kRows = 8;  // of a block, as the kernels have them
constexpr int64_t kBlocks = 1056;                                 // fill a GPU
constexpr uintptr_t kAtOnce = 16;

int64_t parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

}  // namespace

GpuGrid slices_of(int64_t rows, int64_t columns) {
  const int64_t tiles = parts(columns, kColumns);
  return {tiles, std::clamp<int64_t>(kBlocks / tiles, 1, parts(rows, kRows)), 1};
}

at::Tensor sum_of_rows(const at::Tensor& x) {
  auto out = at::empty({x.size(1)}, x.options());
  launch(gpu_kernel("sum_of_rows", x.device()), {parts(x.size(1), kLanes), 1, 1}, kLanes * kLanes, gpu_address(x),
         gpu_address(out), int(x.size(0)), int(x.size(1)));
  return out;
}

at::Tensor dense(const at::Tensor& x) {
  if (!x.defined()) return x;
  const auto made = x.contiguous();
  return reinterpret_cast<uintptr_t>(made.data_ptr()) % kAtOnce == 0 ? made : made.clone();
}

}  // namespace asterism::nn
