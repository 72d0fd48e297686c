// clang-format off
// More kernels after gpu_common_source.h: LayerNorm of the rows of a transformer, forward and backward. Rows of WIDTH
// numbers lie in groups of `heads` that follow each other, the groups `stride` numbers apart: the heads of the queries
// in a projection to queries, keys and values; or rows, one a group. stats [rows, 2], where they are kept: mean and 1 /
// deviation.

ASTERISM_GPU_SOURCE(norm_rows,
    extern "C" __global__ void norm_rows(const IN* x, const float* gamma, const float* beta, float epsilon,
                                         long long rows, int heads, long long stride, unsigned short* out,
                                         float* stats) {
      using Row = WarpRow<WIDTH>;
      const long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / Row::kSpan;
      const bool inside = row < rows;
      const unsigned int which = inside ? (unsigned int)row : 0u;  // divided in 32 bits: there are fewer than 2^32
      const IN* from = x + (long long)(which / heads) * stride + (long long)(which % heads) * WIDTH;
      Row made;
      for (int time = 0; time < Row::kTimes; ++time) {
        const bool has = Row::has(time);
        const Eight<IN> all = eight(from + (has ? Row::place(time) : 0));
        for (int i = 0; i < 8; ++i) made.n[8 * time + i] = has ? widen(all.n[i]) : 0.0f;
      }
      made.norm(gamma, beta, epsilon, inside, out + (long long)which * WIDTH,
                stats ? stats + 2 * (long long)which : stats);
    })

// Of norm_rows, and of the sum x = before + gain y that it may be the norm of (HAS_GAIN: gain, y and its sums are
// there). stats: mean and 1 / deviation of each row. g: gradient of the norm; of_sum: the sum's own, or none. -> of_x,
// of x and so of `before`, with groups of `of_stride`, as of_sum has them; of_y, dense, or none: of y; partial [blocks,
// 2 to 4, WIDTH]: sums over each block's rows of the gradients of gamma and beta, of gain where it is there, of a bias
// that y ends with where HAS_BIAS. Eight numbers a thread; kSpan threads, of one warp or of whole warps, do a row.
ASTERISM_GPU_SOURCE(norm_rows_backward,
    constexpr int kSpan = WIDTH > 256 ? (WIDTH / 8 + kLanes - 1) / kLanes * kLanes
                                      : (WIDTH > 128 ? 32 : (WIDTH > 64 ? 16 : 8));
    constexpr int kRowsAtOnce = kWarps * kLanes / kSpan;
    constexpr int kThreads = kSpan * kRowsAtOnce;

    // Of a row's eight numbers, what a thread sums over rows.
    struct NormSums { float of_gamma[8]; float of_beta[8]; float of_gain[8]; float of_bias[8]; };

    // Two sums over the threads of a row. of_warps: room that no warp still reads from the call before.
    __device__ inline void over_span(float& one, float& other, float* of_warps) {
      for (int step = (kSpan < kLanes ? kSpan : kLanes) / 2; step > 0; step /= 2) {
        one += __shfl_xor_sync(0xffffffffu, one, step);
        other += __shfl_xor_sync(0xffffffffu, other, step);
      }
      constexpr int kShare = (kSpan + kLanes - 1) / kLanes;
      if (kShare == 1) return;
      const int warp = (int)threadIdx.x / kLanes;
      if ((int)threadIdx.x % kLanes == 0) {
        of_warps[2 * warp] = one;
        of_warps[2 * warp + 1] = other;
      }
      __syncthreads();
      one = other = 0.0f;
      for (int w = 0; w < kShare; ++w) {
        one += of_warps[2 * (warp / kShare * kShare + w)];
        other += of_warps[2 * (warp / kShare * kShare + w) + 1];
      }
    }

    // Over the rows that a block has at once.
    __device__ inline void add_up(const float* own, float* sums, float* to) {
      const int from = 8 * ((int)threadIdx.x % kSpan);
      for (int i = 0; i < 8 && from < WIDTH; ++i) sums[(int)threadIdx.x / kSpan * WIDTH + from + i] = own[i];
      __syncthreads();
      for (int c = threadIdx.x; c < WIDTH; c += kThreads) {
        float total = 0.0f;
        for (int row = 0; row < kRowsAtOnce; ++row) total += sums[row * WIDTH + c];
        to[c] = total;
      }
      __syncthreads();
    }

    // A row's own numbers to its sum's gradient. normed: as far as this thread has it, like the rest; mean_g and
    // mean_xg: over the row.
    __device__ inline void finish_row(const float* normed, const Eight<unsigned short>& g, const float* gamma,
                                      const Eight<IN>& of_sum, const Eight<unsigned short>& y, const float* gain,
                                      float inverse, float mean_g, float mean_xg, IN* of_x, unsigned short* of_y,
                                      NormSums& sums) {
      float p[8];
      for (int i = 0; i < 8; ++i) {
        const float own = widen(g.n[i]);
        sums.of_gamma[i] += own * normed[i];
        sums.of_beta[i] += own;
        p[i] = inverse * (own * gamma[i] - mean_g - normed[i] * mean_xg) + widen(of_sum.n[i]);
      }
      put_eight(p, of_x);
      for (int i = 0; i < 8; ++i) {
        if (HAS_GAIN) {
          sums.of_gain[i] += p[i] * widen(y.n[i]);
          p[i] *= gain[i];
        }
        if (HAS_BIAS) sums.of_bias[i] += p[i];
      }
      if (of_y) put_eight(p, of_y);
    }

    extern "C" __launch_bounds__(kThreads, 768 / kThreads)
    __global__ void norm_rows_backward(const IN* x, const float* stats, const unsigned short* g, const IN* of_sum,
                                       const unsigned short* y, const float* gain, const float* gamma, long long rows,
                                       int heads, long long stride, long long of_stride, IN* of_x,
                                       unsigned short* of_y, float* partial) {
      __shared__ float sums[kRowsAtOnce * WIDTH];
      __shared__ float of_warps[4 * kWarps];  // two rooms, in turn: one barrier a row is enough
      const int from = 8 * ((int)threadIdx.x % kSpan);
      const bool has = WIDTH == 8 * kSpan || from < WIDTH;
      const int at = has ? from : 0;
      NormSums own;
      float of_norm[8];
      float scale[8];
      for (int i = 0; i < 8; ++i) {
        own.of_gamma[i] = own.of_beta[i] = own.of_gain[i] = own.of_bias[i] = 0.0f;
        of_norm[i] = gamma[at + i];
        scale[i] = HAS_GAIN ? gain[at + i] : 1.0f;
      }
      int turn = 0;
      for (long long first = (long long)blockIdx.x * kRowsAtOnce; first < rows;
           first += (long long)gridDim.x * kRowsAtOnce) {
        const long long row = first + (int)threadIdx.x / kSpan;
        const bool inside = row < rows && has;
        const unsigned int which = row < rows ? (unsigned int)row : 0u;
        const long long group = which / heads;
        const long long head = (long long)(which % heads) * WIDTH + at;
        const long long dense = (long long)which * WIDTH + at;
        const Eight<IN> given = eight(x + group * stride + head);
        const Eight<unsigned short> grad = eight(g + dense);
        Eight<IN> of;
        Eight<unsigned short> added = grad;
        for (int i = 0; i < 8; ++i) of.n[i] = 0;
        if (of_sum) of = eight(of_sum + group * of_stride + head);
        if (HAS_GAIN) added = eight(y + dense);
        const float mean = stats[2 * (long long)which];
        const float inverse = stats[2 * (long long)which + 1];
        float normed[8];
        float one = 0.0f;
        float other = 0.0f;
        for (int i = 0; i < 8; ++i) {
          normed[i] = (widen(given.n[i]) - mean) * inverse;
          const float weighed = has ? widen(grad.n[i]) * of_norm[i] : 0.0f;
          one += weighed;
          other += weighed * normed[i];
        }
        over_span(one, other, of_warps + 2 * kWarps * turn);
        turn = 1 - turn;
        if (inside)
          finish_row(normed, grad, of_norm, of, added, scale, inverse, one / WIDTH, other / WIDTH,
                     of_x + group * of_stride + head, of_y ? of_y + dense : of_y, own);
      }
      float* to = partial + (long long)blockIdx.x * (2 + (HAS_GAIN ? 1 : 0) + (HAS_BIAS ? 1 : 0)) * WIDTH;
      add_up(own.of_gamma, sums, to);
      add_up(own.of_beta, sums, to + WIDTH);
      if (HAS_GAIN) add_up(own.of_gain, sums, to + 2 * WIDTH);
      if (HAS_BIAS) add_up(own.of_bias, sums, to + (HAS_GAIN ? 3 : 2) * WIDTH);
    })
