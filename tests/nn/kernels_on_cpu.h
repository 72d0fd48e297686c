#pragma once
// The kernels for GPUs (nn/gpu_source.h and those after it) on the CPU: a thread for each of a block's, one block after
// another. Rows of 64 numbers, float32 in, bfloat16 out.

#include <barrier>
#include <bit>
#include <cmath>
#include <functional>
#include <thread>
#include <vector>

namespace on_cpu {

struct Place {
  int x = 0, y = 0, z = 0;
};
inline thread_local Place threadIdx, blockIdx;
inline Place blockDim, gridDim;
inline bool has_gain = false, has_bias = false;
inline std::barrier<>* together = nullptr;
inline float exchanged[1024];

inline void __syncthreads() { together->arrive_and_wait(); }
inline float __shfl_xor_sync(unsigned int, float x, int step) {
  exchanged[threadIdx.x] = x;
  __syncthreads();
  const float out = exchanged[threadIdx.x ^ step];
  __syncthreads();
  return out;
}
inline float __uint_as_float(unsigned int x) { return std::bit_cast<float>(x); }
inline unsigned int __float_as_uint(float x) { return std::bit_cast<unsigned int>(x); }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline float quick_exp(float x) { return std::exp(x); }
inline float quick_inverse(float x) { return 1 / x; }
inline unsigned int rounded(float x) {
  const unsigned int bits = __float_as_uint(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fffu;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}
inline unsigned int pair(float a, float b) { return rounded(a) | (rounded(b) << 16); }

#define __device__
#define __global__ inline
#define __shared__ static
#define __launch_bounds__(...)
#define WIDTH 64
#define IN float
#define OUT unsigned short
#define HAS_GAIN on_cpu::has_gain
#define HAS_BIAS on_cpu::has_bias
#define ASTERISM_GPU_SOURCE(name, ...) __VA_ARGS__
#include "nn/gpu_common_source.h"
// after what is common
#include "nn/gpu_norm_source.h"
#include "nn/gpu_rows_source.h"
#include "nn/gpu_source.h"
#include "nn/gpu_stream_source.h"
#include "nn/gpu_sums_source.h"
#undef ASTERISM_GPU_SOURCE
#undef HAS_BIAS
#undef HAS_GAIN
#undef OUT
#undef IN
#undef WIDTH
#undef __launch_bounds__
#undef __shared__
#undef __global__
#undef __device__

inline void run(Place blocks, int threads, const std::function<void()>& kernel) {
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

// Those of norms for rows that several warps do together.
namespace on_cpu_wide {

using on_cpu::__float_as_uint, on_cpu::__shfl_xor_sync, on_cpu::__syncthreads, on_cpu::__uint_as_float, on_cpu::pair,
    on_cpu::rsqrtf;
using on_cpu::blockDim, on_cpu::blockIdx, on_cpu::gridDim, on_cpu::threadIdx;

#define norm_rows norm_wide_rows  // C's names are the program's, whatever the namespace
#define norm_rows_backward norm_wide_rows_backward
#define WIDTH 1024
#include "tests/nn/norms_on_cpu.h"
#undef WIDTH
#undef norm_rows_backward
#undef norm_rows

}  // namespace on_cpu_wide

// Of rows that end before their lanes do.
namespace on_cpu_192 {

using on_cpu::__float_as_uint, on_cpu::__shfl_xor_sync, on_cpu::__syncthreads, on_cpu::__uint_as_float, on_cpu::pair,
    on_cpu::rsqrtf;
using on_cpu::blockDim, on_cpu::blockIdx, on_cpu::gridDim, on_cpu::threadIdx;

#define norm_rows norm_192_rows  // C's names are the program's, whatever the namespace
#define norm_rows_backward norm_192_rows_backward
#define WIDTH 192
#include "tests/nn/norms_on_cpu.h"
#undef WIDTH
#undef norm_rows_backward
#undef norm_rows

}  // namespace on_cpu_192

// Likewise, with more than a warp.
namespace on_cpu_320 {

using on_cpu::__float_as_uint, on_cpu::__shfl_xor_sync, on_cpu::__syncthreads, on_cpu::__uint_as_float, on_cpu::pair,
    on_cpu::rsqrtf;
using on_cpu::blockDim, on_cpu::blockIdx, on_cpu::gridDim, on_cpu::threadIdx;

#define norm_rows norm_320_rows  // C's names are the program's, whatever the namespace
#define norm_rows_backward norm_320_rows_backward
#define WIDTH 320
#include "tests/nn/norms_on_cpu.h"
#undef WIDTH
#undef norm_rows_backward
#undef norm_rows

}  // namespace on_cpu_320
