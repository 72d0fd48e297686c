#pragma once
// Sums over rows on a GPU, by kernels that sum slices of them in passing (gpu_sums_source.h).

#include <ATen/ATen.h>

#include "nn/gpu_kernel_table.h"

namespace asterism::nn {

constexpr int64_t kSliceThreads = 256;  // of kernels that sum slices

// Blocks of such a kernel for rows [R, C] in bfloat16, C a multiple of 8: enough to fill a GPU.
GpuGrid slices_of(int64_t rows, int64_t columns);

// Of [S, C] in float32, dense -> [C].
at::Tensor sum_of_rows(const at::Tensor& x_SC);

// Dense, and at an address from which 16 bytes are read at once; an undefined one stays so.
at::Tensor dense(const at::Tensor& x);

}  // namespace asterism::nn
