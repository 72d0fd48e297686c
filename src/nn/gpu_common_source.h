// clang-format off
// Kernels for GPUs, in CUDA C++ without its headers: gpu_kernel_table.cpp hands them to the compiler as text, each with what
// is common, and the test of it runs them on the CPU, a thread each. Included where ASTERISM_GPU_SOURCE(name, code)
// says what becomes of them; there is no #pragma once. Numbers of bfloat16 are shorts, and two of them a word. WIDTH,
// IN, OUT, HAS_GAIN and HAS_BIAS are given when they are compiled; pair(a, b), a word of two rounded numbers, and
// quick_exp and quick_inverse, right to some 2^-22, stand before all.
ASTERISM_GPU_SOURCE(common,
    constexpr int kTile = 32; constexpr int kLanes = 32; constexpr int kWarps = 8;
    __device__ inline float widen(float x) { return x; }
    __device__ inline float widen(unsigned short x) { return __uint_as_float((unsigned int)x << 16); }

    __device__ inline float low(unsigned int word) { return __uint_as_float(word << 16); }

    __device__ inline float high(unsigned int word) { return __uint_as_float(word & 0xffff0000u); }

    __device__ inline void put(float x, float* to) { *to = x; }

    __device__ inline void put(float x, unsigned short* to) { *to = (unsigned short)(pair(x, 0.0f) & 0xffffu); }

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
    }

    // Eight numbers that follow each other, read and written at once: they lie at a multiple of 16 bytes.
    template <class T> struct alignas(16) Eight { T n[8]; };

    template <class T> __device__ inline Eight<T> eight(const T* from) { return *(const Eight<T>*)from; }

    __device__ inline void put_eight(const float* x, float* to) {
      Eight<float> out;
      for (int i = 0; i < 8; ++i) out.n[i] = x[i];
      *(Eight<float>*)to = out;
    }

    struct alignas(16) FourWords { unsigned int n[4]; };

    __device__ inline void put_eight(const float* x, unsigned short* to) {
      FourWords out;
      for (int i = 0; i < 4; ++i) out.n[i] = pair(x[2 * i], x[2 * i + 1]);
      *(FourWords*)to = out;
    }

    // Of a thread's eight columns, among kColumns of a block of kWarps rows, to those of the block's slice of rows.
    constexpr int kColumns = 8 * kLanes;

    __device__ inline void sum_slice(const float* own, int columns, float* of_slice) {
      __shared__ float sums[kWarps * kColumns];
      const int at = 8 * ((int)threadIdx.x % kLanes);
      for (int i = 0; i < 8; ++i) sums[(int)threadIdx.x / kLanes * kColumns + at + i] = own[i];
      __syncthreads();
      const int c = blockIdx.x * kColumns + threadIdx.x;
      if (c >= columns) return;
      float total = 0.0f;
      for (int w = 0; w < kWarps; ++w) total += sums[w * kColumns + threadIdx.x];
      of_slice[c] = total;
    }

    // A row of kWidth numbers among kSpan lanes of a warp, which take eight at a time. Where it ends sooner, lanes idle.
    template <int kWidth> struct WarpRow {
      static constexpr int kSpan = kWidth > 128 ? 32 : (kWidth > 64 ? 16 : 8);
      static constexpr int kTimes = (kWidth / 8 + kSpan - 1) / kSpan;
      static constexpr bool kWhole = kWidth == 8 * kSpan * kTimes;
      float n[8 * kTimes];

      __device__ static int place(int time) { return 8 * ((int)threadIdx.x % kSpan + kSpan * time); }

      __device__ static bool has(int time) { return kWhole || place(time) < kWidth; }

      __device__ static float over_row(float x) {
        for (int step = kSpan / 2; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
        return x;
      }

      // LayerNorm of it, written where `inside`; mean and 1 / deviation where there is room for them.
      __device__ void norm(const float* gamma, const float* beta, float epsilon, bool inside, unsigned short* out,
                           float* stats) const {
        float total = 0.0f;
        for (int i = 0; i < 8 * kTimes; ++i) total += n[i];
        const float mean = over_row(total) / kWidth;
        total = 0.0f;
        for (int i = 0; i < 8 * kTimes; ++i) total += has(i / 8) ? (n[i] - mean) * (n[i] - mean) : 0.0f;
        const float inverse = rsqrtf(over_row(total) / kWidth + epsilon);
        if (!inside) return;
        if (stats && (int)threadIdx.x % kSpan == 0) {
          stats[0] = mean;
          stats[1] = inverse;
        }
        for (int time = 0; time < kTimes; ++time) {
          if (!has(time)) continue;
          const Eight<float> of_gamma = eight(gamma + place(time));
          float y[8];
          for (int i = 0; i < 8; ++i) y[i] = (n[8 * time + i] - mean) * inverse * of_gamma.n[i];
          if (beta) {
            const Eight<float> more = eight(beta + place(time));
            for (int i = 0; i < 8; ++i) y[i] += more.n[i];
          }
          put_eight(y, out + place(time));
        }
      }
    };)
