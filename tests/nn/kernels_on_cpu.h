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

#define __device__
#define __global__ inline
#define __shared__ static
#define WIDTH 64
#define IN float
#define OUT unsigned short
#define HAS_GAIN (y != nullptr)
#define ASTERISM_GPU_SOURCE(name, ...) __VA_ARGS__
#include "nn/gpu_source.h"
// after what is common
#include "nn/gpu_rows_source.h"
#include "nn/gpu_stream_source.h"
#undef ASTERISM_GPU_SOURCE
#undef HAS_GAIN
#undef OUT
#undef IN
#undef WIDTH
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
