// clang-format off
// More kernels as gpu_source.h has them, after those: of the rows of a transformer, forward and backward. Rows of WIDTH
// numbers lie in groups of `heads` that follow each other, the groups `stride` numbers apart: the heads of the queries
// in a projection to queries, keys and values; or rows, one a group. stats [rows, 2], where they are kept: mean and 1 /
// deviation.

ASTERISM_GPU_SOURCE(norm_rows,
    extern "C" __global__ void norm_rows(const IN* x, const float* gamma, const float* beta, float epsilon,
                                         long long rows, int heads, long long stride, unsigned int* out,
                                         float* stats) {
      constexpr int kEach = WIDTH / 2 / kLanes;
      const int lane = threadIdx.x % kLanes;
      const long long row = (long long)blockIdx.x * kWarps + threadIdx.x / kLanes;
      const bool inside = row < rows;
      const IN* from = x + (inside ? row / heads * stride + row % heads * WIDTH : 0);
      float a[kEach];
      float b[kEach];
      float total = 0.0f;
      for (int i = 0; i < kEach; ++i) {
        const int c = 2 * (lane + kLanes * i);
        a[i] = first_of(from + c);
        b[i] = second_of(from + c);
        total += a[i] + b[i];
      }
      const float mean = over_lanes(total) / WIDTH;
      total = 0.0f;
      for (int i = 0; i < kEach; ++i) total += (a[i] - mean) * (a[i] - mean) + (b[i] - mean) * (b[i] - mean);
      const float inverse = rsqrtf(over_lanes(total) / WIDTH + epsilon);
      if (!inside) return;
      if (stats && lane == 0) {
        stats[2 * row] = mean;
        stats[2 * row + 1] = inverse;
      }
      for (int i = 0; i < kEach; ++i) {
        const int c = 2 * (lane + kLanes * i);
        out[(row * WIDTH + c) / 2] = pair((a[i] - mean) * inverse * gamma[c] + (beta ? beta[c] : 0.0f),
                                          (b[i] - mean) * inverse * gamma[c + 1] + (beta ? beta[c + 1] : 0.0f));
      }
    })

// Of norm_rows, and of the sum x = before + gain y that it may be the norm of (HAS_GAIN: gain, y and its sums are
// there). stats: mean and 1 / deviation of each row. g: gradient of the norm; of_sum: the sum's own, or none. -> of_x,
// of x and so of `before`, with groups of `of_stride`, as of_sum has them; of_y, dense, or none: of y; partial [blocks,
// 3, WIDTH]: sums over each block's rows of the gradients of gamma, beta and gain. kShare warps do a row together.
ASTERISM_GPU_SOURCE(norm_rows_backward,
    extern "C" __global__ void norm_rows_backward(const IN* x, const float* stats, const unsigned int* g,
                                                  const IN* of_sum, const unsigned int* y, const float* gain,
                                                  const float* gamma, long long rows, int heads, long long stride,
                                                  long long of_stride, IN* of_x, unsigned int* of_y, float* partial) {
      constexpr int kShare = WIDTH % 512 == 0 && WIDTH >= 2048 ? 8
                             : (WIDTH % 256 == 0 && WIDTH >= 768 ? 4 : (WIDTH % 128 == 0 && WIDTH >= 512 ? 2 : 1));
      constexpr int kEach = WIDTH / 2 / kLanes / kShare;
      constexpr int kAtOnce = kWarps / kShare;
      __shared__ float sums[WIDTH];
      __shared__ float of_warps[2 * kWarps];
      const int lane = threadIdx.x % kLanes;
      const int warp = threadIdx.x / kLanes;
      const int from = WIDTH / kShare * (warp % kShare) + 2 * lane;
      float gamma_a[kEach];
      float gamma_b[kEach];
      float beta_a[kEach];
      float beta_b[kEach];
      float gain_a[kEach];
      float gain_b[kEach];
      for (int i = 0; i < kEach; ++i) {
        gamma_a[i] = gamma_b[i] = 0.0f;
        beta_a[i] = beta_b[i] = 0.0f;
        gain_a[i] = gain_b[i] = 0.0f;
      }
      for (long long first = (long long)blockIdx.x * kAtOnce; first < rows; first += (long long)gridDim.x * kAtOnce) {
        const long long row = first + warp / kShare;
        const bool inside = row < rows;
        const long long place = (inside ? row / heads * stride + row % heads * WIDTH : 0) + from;
        const long long dense = (inside ? row * WIDTH : 0) + from;
        const long long of = (inside ? row / heads * of_stride + row % heads * WIDTH : 0) + from;
        const float mean = inside ? stats[2 * row] : 0.0f;
        const float inverse = inside ? stats[2 * row + 1] : 0.0f;
        float a[kEach];
        float b[kEach];
        unsigned int grad[kEach];
        float one = 0.0f;
        float other = 0.0f;
        for (int i = 0; i < kEach; ++i) {
          const int c = 2 * kLanes * i;
          a[i] = (first_of(x + place + c) - mean) * inverse;
          b[i] = (second_of(x + place + c) - mean) * inverse;
          grad[i] = g[(dense + c) / 2];
        }
        for (int i = 0; i < kEach; ++i) {
          const float p = low(grad[i]) * gamma[from + 2 * kLanes * i];
          const float q = high(grad[i]) * gamma[from + 2 * kLanes * i + 1];
          one += p + q;
          other += p * a[i] + q * b[i];
        }
        one = over_lanes(one);
        other = over_lanes(other);
        if (kShare > 1) {
          if (lane == 0) {
            of_warps[2 * warp] = one;
            of_warps[2 * warp + 1] = other;
          }
          __syncthreads();
          one = other = 0.0f;
          for (int w = warp / kShare * kShare; w < warp / kShare * kShare + kShare; ++w) {
            one += of_warps[2 * w];
            other += of_warps[2 * w + 1];
          }
          __syncthreads();
        }
        one /= WIDTH;
        other /= WIDTH;
        if (inside) {
          for (int i = 0; i < kEach; ++i) {
            const int c = 2 * kLanes * i;
            gamma_a[i] += low(grad[i]) * a[i];
            gamma_b[i] += high(grad[i]) * b[i];
            beta_a[i] += low(grad[i]);
            beta_b[i] += high(grad[i]);
            float p = inverse * (low(grad[i]) * gamma[from + c] - one - a[i] * other);
            float q = inverse * (high(grad[i]) * gamma[from + c + 1] - one - b[i] * other);
            if (of_sum) {
              p += first_of(of_sum + of + c);
              q += second_of(of_sum + of + c);
            }
            put_two(p, q, of_x + of + c);
            if (HAS_GAIN) {
              const unsigned int added = y[(dense + c) / 2];
              gain_a[i] += p * low(added);
              gain_b[i] += q * high(added);
              p *= gain[from + c];
              q *= gain[from + c + 1];
            }
            if (of_y) of_y[(dense + c) / 2] = pair(p, q);
          }
        }
      }
      for (int kind = 0; kind < 3; ++kind) {
        if (kind == 2 && !HAS_GAIN) break;
        for (int turn = 0; turn < kAtOnce; ++turn) {
          if (turn == warp / kShare) {
            for (int i = 0; i < kEach; ++i) {
              const int c = from + 2 * kLanes * i;
              const float p = kind == 0 ? gamma_a[i] : (kind == 1 ? beta_a[i] : gain_a[i]);
              const float q = kind == 0 ? gamma_b[i] : (kind == 1 ? beta_b[i] : gain_b[i]);
              sums[c] = (turn == 0 ? 0.0f : sums[c]) + p;
              sums[c + 1] = (turn == 0 ? 0.0f : sums[c + 1]) + q;
            }
          }
          __syncthreads();
        }
        for (int c = threadIdx.x; c < WIDTH; c += kWarps * kLanes)
          partial[((long long)blockIdx.x * 3 + kind) * WIDTH + c] = sums[c];
        __syncthreads();
      }
    })

// silu(a) b of rows [a, b] of `words` words each: blocks (tiles of kWarps rows, words).
ASTERISM_GPU_SOURCE(gate_rows,
    extern "C" __global__ void gate_rows(const unsigned int* x, unsigned int* out, long long rows, int words) {
      const int word = blockIdx.y * blockDim.x + threadIdx.x;
      if (word >= words) return;
      const long long first = (long long)blockIdx.x * kWarps;
      const long long end = first + kWarps < rows ? first + kWarps : rows;
      for (long long row = first; row < end; ++row) {
        const unsigned int a = x[2 * row * words + word];
        const unsigned int b = x[(2 * row + 1) * words + word];
        out[row * words + word] = pair(silu(low(a)) * low(b), silu(high(a)) * high(b));
      }
    })

// Of gate_rows: g, gradient of its result -> of_x, laid out as x.
ASTERISM_GPU_SOURCE(gate_rows_backward,
    __device__ inline float of_silu(float x) {
      const float s = 1.0f / (1.0f + expf(-x));
      return s * (1.0f + x * (1.0f - s));
    }

    extern "C" __global__ void gate_rows_backward(const unsigned int* x, const unsigned int* g, unsigned int* of_x,
                                                  long long rows, int words) {
      const int word = blockIdx.y * blockDim.x + threadIdx.x;
      if (word >= words) return;
      const long long first = (long long)blockIdx.x * kWarps;
      const long long end = first + kWarps < rows ? first + kWarps : rows;
      for (long long row = first; row < end; ++row) {
        const unsigned int a = x[2 * row * words + word];
        const unsigned int b = x[(2 * row + 1) * words + word];
        const unsigned int of = g[row * words + word];
        of_x[2 * row * words + word] = pair(low(of) * low(b) * of_silu(low(a)), high(of) * high(b) * of_silu(high(a)));
        of_x[(2 * row + 1) * words + word] = pair(low(of) * silu(low(a)), high(of) * silu(high(a)));
      }
    })

// Dense rows of `fours` sixteen bytes each -> rows that are `stride` sixteen bytes apart.
ASTERISM_GPU_SOURCE(place_rows,
    struct alignas(16) Four { unsigned int a; unsigned int b; unsigned int c; unsigned int d; };

    extern "C" __global__ void place_rows(const Four* from, Four* to, long long rows, int fours, long long stride) {
      const long long all = rows * fours;
      for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < all;
           i += (long long)gridDim.x * blockDim.x)
        to[i / fours * stride + i % fours] = from[i];
    })
