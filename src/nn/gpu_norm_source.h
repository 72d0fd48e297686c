// clang-format off
// More kernels after gpu_common_source.h: LayerNorm of the rows of a transformer, forward and backward. Rows of WIDTH
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
    constexpr int kShare = WIDTH % 512 == 0 && WIDTH >= 2048 ? 8
                           : (WIDTH % 256 == 0 && WIDTH >= 768 ? 4 : (WIDTH % 128 == 0 && WIDTH >= 512 ? 2 : 1));
    constexpr int kPairs = WIDTH / 2 / kLanes / kShare;
    constexpr int kRowsAtOnce = kWarps / kShare;
    struct Pairs { float a[kPairs]; float b[kPairs]; };

    // What a warp sums over rows.
    struct NormSums { Pairs of_gamma; Pairs of_beta; Pairs of_gain; };

    __device__ inline void clear(Pairs& pairs) {
      for (int i = 0; i < kPairs; ++i) pairs.a[i] = pairs.b[i] = 0.0f;
    }

    // Over the warps of a row.
    __device__ inline void over_share(float& one, float& other, float* of_warps) {
      const int lane = threadIdx.x % kLanes;
      const int warp = threadIdx.x / kLanes;
      one = over_lanes(one);
      other = over_lanes(other);
      if (kShare == 1) return;
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

    // Over the rows of a block, one after the other.
    __device__ inline void add_up(const Pairs& pairs, float* sums, float* to) {
      const int warp = threadIdx.x / kLanes;
      const int from = WIDTH / kShare * (warp % kShare) + 2 * (threadIdx.x % kLanes);
      for (int turn = 0; turn < kRowsAtOnce; ++turn) {
        for (int i = 0; i < kPairs && turn == warp / kShare; ++i) {
          const int c = from + 2 * kLanes * i;
          sums[c] = (turn == 0 ? 0.0f : sums[c]) + pairs.a[i];
          sums[c + 1] = (turn == 0 ? 0.0f : sums[c + 1]) + pairs.b[i];
        }
        __syncthreads();
      }
      for (int c = threadIdx.x; c < WIDTH; c += kWarps * kLanes) to[c] = sums[c];
      __syncthreads();
    }

    // One row, as far as this thread has it: x from its numbers, the rest likewise. mean_g and mean_xg: over the row.
    __device__ inline void finish_row(const Pairs& x, const unsigned int* g, const float* gamma, const IN* of_sum,
                                      const unsigned int* y, const float* gain, float inverse, float mean_g,
                                      float mean_xg, IN* of_x, unsigned int* of_y, NormSums& sums) {
      for (int i = 0; i < kPairs; ++i) {
        const int c = 2 * kLanes * i;
        const float g0 = low(g[i]);
        const float g1 = high(g[i]);
        sums.of_gamma.a[i] += g0 * x.a[i];
        sums.of_gamma.b[i] += g1 * x.b[i];
        sums.of_beta.a[i] += g0;
        sums.of_beta.b[i] += g1;
        float p = inverse * (g0 * gamma[c] - mean_g - x.a[i] * mean_xg);
        float q = inverse * (g1 * gamma[c + 1] - mean_g - x.b[i] * mean_xg);
        if (of_sum) {
          p += first_of(of_sum + c);
          q += second_of(of_sum + c);
        }
        put_two(p, q, of_x + c);
        if (HAS_GAIN) {
          sums.of_gain.a[i] += p * low(y[c / 2]);
          sums.of_gain.b[i] += q * high(y[c / 2]);
          p *= gain[c];
          q *= gain[c + 1];
        }
        if (of_y) of_y[c / 2] = pair(p, q);
      }
    }

    extern "C" __global__ void norm_rows_backward(const IN* x, const float* stats, const unsigned int* g,
                                                  const IN* of_sum, const unsigned int* y, const float* gain,
                                                  const float* gamma, long long rows, int heads, long long stride,
                                                  long long of_stride, IN* of_x, unsigned int* of_y, float* partial) {
      __shared__ float sums[WIDTH];
      __shared__ float of_warps[2 * kWarps];
      const int warp = threadIdx.x / kLanes;
      const int from = WIDTH / kShare * (warp % kShare) + 2 * (threadIdx.x % kLanes);
      NormSums own;
      clear(own.of_gamma);
      clear(own.of_beta);
      clear(own.of_gain);
      for (long long first = (long long)blockIdx.x * kRowsAtOnce; first < rows;
           first += (long long)gridDim.x * kRowsAtOnce) {
        const long long row = first + warp / kShare;
        const bool inside = row < rows;
        const long long place = (inside ? row / heads * stride + row % heads * WIDTH : 0) + from;
        const long long dense = (inside ? row * WIDTH : 0) + from;
        const long long of = (inside ? row / heads * of_stride + row % heads * WIDTH : 0) + from;
        const float mean = inside ? stats[2 * row] : 0.0f;
        const float inverse = inside ? stats[2 * row + 1] : 0.0f;
        Pairs normed;
        unsigned int grad[kPairs];
        float one = 0.0f;
        float other = 0.0f;
        for (int i = 0; i < kPairs; ++i) {
          const int c = 2 * kLanes * i;
          normed.a[i] = (first_of(x + place + c) - mean) * inverse;
          normed.b[i] = (second_of(x + place + c) - mean) * inverse;
          grad[i] = g[(dense + c) / 2];
        }
        for (int i = 0; i < kPairs; ++i) {
          const float p = low(grad[i]) * gamma[from + 2 * kLanes * i];
          const float q = high(grad[i]) * gamma[from + 2 * kLanes * i + 1];
          one += p + q;
          other += p * normed.a[i] + q * normed.b[i];
        }
        over_share(one, other, of_warps);
        if (inside)
          finish_row(normed, grad, gamma + from, of_sum ? of_sum + of : of_sum, HAS_GAIN ? y + dense / 2 : y,
                     HAS_GAIN ? gain + from : gain, inverse, one / WIDTH, other / WIDTH, of_x + of,
                     of_y ? of_y + dense / 2 : of_y, own);
      }
      float* to = partial + (long long)blockIdx.x * 3 * WIDTH;
      add_up(own.of_gamma, sums, to);
      add_up(own.of_beta, sums, to + WIDTH);
      if (HAS_GAIN) add_up(own.of_gain, sums, to + 2 * WIDTH);
    })
