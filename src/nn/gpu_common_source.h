// clang-format off
// Kernels for GPUs, in CUDA C++ without its headers: gpu_kernel_table.cpp hands them to the compiler as text, each with what
// is common, and the test of it runs them on the CPU, a thread each. Included where ASTERISM_GPU_SOURCE(name, code)
// says what becomes of them; there is no #pragma once. Numbers of bfloat16 are shorts, and two of them a word. WIDTH,
// IN, OUT and HAS_GAIN are given when they are compiled.
ASTERISM_GPU_SOURCE(common,
    constexpr int kTile = 32; constexpr int kLanes = 32; constexpr int kWarps = 8;
    __device__ inline float widen(float x) { return x; }
    __device__ inline float widen(unsigned short x) { return __uint_as_float((unsigned int)x << 16); }

    __device__ inline float low(unsigned int word) { return __uint_as_float(word << 16); }

    __device__ inline float high(unsigned int word) { return __uint_as_float(word & 0xffff0000u); }

    __device__ inline unsigned int narrowed(float x) {
      const unsigned int bits = __float_as_uint(x);
      if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fffu;
      return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    }

    __device__ inline void put(float x, float* to) { *to = x; }

    __device__ inline void put(float x, unsigned short* to) { *to = (unsigned short)narrowed(x); }

    __device__ inline unsigned int pair(float a, float b) { return narrowed(a) | (narrowed(b) << 16); }

    __device__ inline float first_of(const float* two) { return two[0]; }

    __device__ inline float second_of(const float* two) { return two[1]; }

    __device__ inline float first_of(const unsigned short* two) { return low(*(const unsigned int*)two); }

    __device__ inline float second_of(const unsigned short* two) { return high(*(const unsigned int*)two); }

    __device__ inline void put_two(float a, float b, float* to) {
      to[0] = a;
      to[1] = b;
    }

    __device__ inline void put_two(float a, float b, unsigned short* to) { *(unsigned int*)to = pair(a, b); }

    __device__ inline float elu(float x) { return x > 0.0f ? x : expm1f(x); }

    __device__ inline float gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f)); }

    __device__ inline float silu(float x) { return x / (1.0f + expf(-x)); }

    __device__ inline float over_lanes(float x) {
      for (int step = kLanes / 2; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
      return x;
    })
