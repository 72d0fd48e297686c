// clang-format off
// Kernels for GPUs, in CUDA C++ without its headers: gpu_layers.cpp hands them to the compiler as text, each with what
// is common, and the test of it runs them on the CPU, a thread each. Included where ASTERISM_GPU_SOURCE(name, code)
// says what becomes of them; there is no #pragma once. Numbers of bfloat16 are shorts, and two of them a word. WIDTH,
// IN and OUT are given when they are compiled. Letters: rows = B L positions, B objects, L positions of one, C channels
// (WIDTH where they must be known), D = 4 C, T tiles of kTile positions.
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

// Depthwise convolution along L with a kernel of 7, then LayerNorm over C: one warp a position.
ASTERISM_GPU_SOURCE(depthwise_norm,
    extern "C" __global__ void depthwise_norm(const IN* x, const float* taps_7C, const float* bias_C,
                                              const float* gamma_C, const float* beta_C, float epsilon, long long rows,
                                              int L, OUT* out) {
      constexpr int kEach = WIDTH / kLanes;
      const int lane = threadIdx.x % kLanes;
      const long long row = (long long)blockIdx.x * kWarps + threadIdx.x / kLanes;
      const bool inside = row < rows;
      const int l = inside ? (int)(row % L) : 0;
      float y[kEach];
      for (int i = 0; i < kEach; ++i) y[i] = bias_C[lane + kLanes * i];
      for (int k = 0; k < 7; ++k) {
        if (!inside || l + k - 3 < 0 || l + k - 3 >= L) continue;
        const IN* from = x + (row + k - 3) * WIDTH;
        for (int i = 0; i < kEach; ++i) y[i] += taps_7C[k * WIDTH + lane + kLanes * i] * widen(from[lane + kLanes * i]);
      }
      float sum = 0.0f;
      for (int i = 0; i < kEach; ++i) sum += y[i];
      const float mean = over_lanes(sum) / WIDTH;
      sum = 0.0f;
      for (int i = 0; i < kEach; ++i) sum += (y[i] - mean) * (y[i] - mean);
      const float inverse = rsqrtf(over_lanes(sum) / WIDTH + epsilon);
      if (!inside) return;
      for (int i = 0; i < kEach; ++i) {
        const int c = lane + kLanes * i;
        put((y[i] - mean) * inverse * gamma_C[c] + beta_C[c], out + row * WIDTH + c);
      }
    })

// GELU in place, and the sums of its squares over the positions of each tile: blocks (D / 2 words, T, B).
ASTERISM_GPU_SOURCE(gelu_squares,
    extern "C" __global__ void gelu_squares(unsigned int* h, float* partial_BTD, int L, int D) {
      const int word = blockIdx.x * blockDim.x + threadIdx.x;
      if (word >= D / 2) return;
      const int first = blockIdx.y * kTile;
      const int end = first + kTile < L ? first + kTile : L;
      unsigned int* at = h + ((long long)blockIdx.z * L + first) * (D / 2) + word;
      float a = 0.0f;
      float b = 0.0f;
      for (int l = first; l < end; ++l) {
        const unsigned int made = pair(gelu(low(*at)), gelu(high(*at)));
        a += low(made) * low(made);
        b += high(made) * high(made);
        *at = made;
        at += D / 2;
      }
      float* to = partial_BTD + ((long long)blockIdx.z * gridDim.y + blockIdx.y) * D + 2 * word;
      to[0] = a;
      to[1] = b;
    })

// What global response normalisation multiplies channels by, 1 + gamma G / (mean G + 1e-6): one block an object.
ASTERISM_GPU_SOURCE(response,
    extern "C" __global__ void response(const float* partial_BTD, const float* gamma_D, float* factor_BD, int T, int D) {
      __shared__ float sums[256];
      const float* from = partial_BTD + (long long)blockIdx.x * T * D;
      float* to = factor_BD + (long long)blockIdx.x * D;
      float mine = 0.0f;
      for (int d = threadIdx.x; d < D; d += 256) {
        float sum = 0.0f;
        for (int t = 0; t < T; ++t) sum += from[t * D + d];
        to[d] = sqrtf(sum);
        mine += to[d];
      }
      sums[threadIdx.x] = mine;
      __syncthreads();
      for (int step = 128; step > 0; step /= 2) {
        if (threadIdx.x < step) sums[threadIdx.x] += sums[threadIdx.x + step];
        __syncthreads();
      }
      const float scale = 1.0f / (sums[0] / D + 1e-6f);
      for (int d = threadIdx.x; d < D; d += 256) to[d] = gamma_D[d] * to[d] * scale + 1.0f;
    })

// h f + beta in place; blocks as of gelu_squares.
ASTERISM_GPU_SOURCE(scale_shift,
    extern "C" __global__ void scale_shift(unsigned int* h, const float* factor_BD, const float* beta_D, int L, int D) {
      const int word = blockIdx.x * blockDim.x + threadIdx.x;
      if (word >= D / 2) return;
      const int first = blockIdx.y * kTile;
      const int end = first + kTile < L ? first + kTile : L;
      const float* factor = factor_BD + (long long)blockIdx.z * D + 2 * word;
      const float f0 = factor[0];
      const float f1 = factor[1];
      const float b0 = beta_D[2 * word];
      const float b1 = beta_D[2 * word + 1];
      unsigned int* at = h + ((long long)blockIdx.z * L + first) * (D / 2) + word;
      for (int l = first; l < end; ++l) {
        *at = pair(low(*at) * f0 + b0, high(*at) * f1 + b1);
        at += D / 2;
      }
    })

// elu(x + bias) in place.
ASTERISM_GPU_SOURCE(bias_elu,
    extern "C" __global__ void bias_elu(unsigned int* x, const float* bias_C, long long words, int C) {
      for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < words;
           i += (long long)gridDim.x * blockDim.x) {
        const int c = 2 * (int)(i % (C / 2));
        x[i] = pair(elu(low(x[i]) + bias_C[c]), elu(high(x[i]) + bias_C[c + 1]));
      }
    })

// elu(x + bias) in place, and its product with a key over C: one warp a position.
ASTERISM_GPU_SOURCE(bias_elu_key,
    extern "C" __global__ void bias_elu_key(unsigned int* x, const float* bias_C, const float* key_C, float* score,
                                            long long rows) {
      constexpr int kEach = WIDTH / 2 / kLanes;
      const int lane = threadIdx.x % kLanes;
      const long long row = (long long)blockIdx.x * kWarps + threadIdx.x / kLanes;
      const bool inside = row < rows;
      float sum = 0.0f;
      for (int i = 0; i < kEach; ++i) {
        const int c = 2 * (lane + kLanes * i);
        if (!inside) continue;
        unsigned int* at = x + row * (WIDTH / 2) + c / 2;
        const unsigned int made = pair(elu(low(*at) + bias_C[c]), elu(high(*at) + bias_C[c + 1]));
        sum += low(made) * key_C[c] + high(made) * key_C[c + 1];
        *at = made;
      }
      sum = over_lanes(sum);
      if (inside && lane == 0) score[row] = sum;
    })

// Sums of y over the positions of each tile, weighted: blocks (C / 2 words, T, B).
ASTERISM_GPU_SOURCE(weighted_sums,
    extern "C" __global__ void weighted_sums(const unsigned int* y, const float* share_BL, float* partial_BTC, int L,
                                             int C) {
      const int word = blockIdx.x * blockDim.x + threadIdx.x;
      if (word >= C / 2) return;
      const int first = blockIdx.y * kTile;
      const int end = first + kTile < L ? first + kTile : L;
      const unsigned int* at = y + ((long long)blockIdx.z * L + first) * (C / 2) + word;
      float a = 0.0f;
      float b = 0.0f;
      for (int l = first; l < end; ++l) {
        const float share = share_BL[(long long)blockIdx.z * L + l];
        a += share * low(*at);
        b += share * high(*at);
        at += C / 2;
      }
      float* to = partial_BTC + ((long long)blockIdx.z * gridDim.y + blockIdx.y) * C + 2 * word;
      to[0] = a;
      to[1] = b;
    })

// x + y gate, with one gate for each channel of an object; blocks as of weighted_sums.
ASTERISM_GPU_SOURCE(gated_sum,
    extern "C" __global__ void gated_sum(const unsigned int* x, const unsigned int* y, const float* gate_BC,
                                         unsigned int* out, int L, int C) {
      const int word = blockIdx.x * blockDim.x + threadIdx.x;
      if (word >= C / 2) return;
      const int first = blockIdx.y * kTile;
      const int end = first + kTile < L ? first + kTile : L;
      const float g0 = gate_BC[(long long)blockIdx.z * C + 2 * word];
      const float g1 = gate_BC[(long long)blockIdx.z * C + 2 * word + 1];
      long long at = ((long long)blockIdx.z * L + first) * (C / 2) + word;
      for (int l = first; l < end; ++l) {
        out[at] = pair(low(x[at]) + low(y[at]) * g0, high(x[at]) + high(y[at]) * g1);
        at += C / 2;
      }
    })
