// clang-format off
// More kernels after gpu_common_source.h: sums over rows, which are the gradients of biases, in the pass that makes what
// is summed. Blocks of kColumns columns, and of a slice of the rows each; partial: the sums over each slice.

// Rows [R, C] of float32 -> their sum [C]: blocks of 1,024 threads, kLanes columns each.
ASTERISM_GPU_SOURCE(sum_of_rows,
    extern "C" __global__ void sum_of_rows(const float* x, float* out, int rows, int columns) {
      __shared__ float sums[kLanes * kLanes];
      const int lane = (int)threadIdx.x % kLanes;
      const int warp = (int)threadIdx.x / kLanes;
      const int c = blockIdx.x * kLanes + lane;
      float total = 0.0f;
      for (int row = warp; row < rows && c < columns; row += kLanes) total += x[(long long)row * columns + c];
      sums[warp * kLanes + lane] = total;
      __syncthreads();
      if (warp > 0 || c >= columns) return;
      for (int w = 1; w < kLanes; ++w) total += sums[w * kLanes + lane];
      out[c] = total;
    })

// Of GELU (erf): x, what it was taken of; g, gradient of the result -> of_x, and its sums.
ASTERISM_GPU_SOURCE(gelu_rows_backward,
    // The normal distribution, by the polynomial of Abramowitz & Stegun (7.1.26), whose exponential is that of the
    // density: to 10^-7, in a third of the instructions of erff and expf, which took longer than the memory.
    __device__ inline float of_gelu(float x) {
      const float z = fabsf(x) * 0.70710678118654752f;
      const float e = quick_exp(-z * z);
      const float t = quick_inverse(1.0f + 0.3275911f * z);
      const float tail = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f +
                         t * 1.061405429f)))) * 0.5f * e;
      return (x > 0.0f ? 1.0f - tail : tail) + x * 0.39894228040143268f * e;
    }

    extern "C" __global__ void gelu_rows_backward(const unsigned short* x, const unsigned short* g,
                                                  unsigned short* of_x, long long rows, int columns,
                                                  float* partial) {
      const int c = blockIdx.x * kColumns + 8 * ((int)threadIdx.x % kLanes);
      float own[8];
      for (int i = 0; i < 8; ++i) own[i] = 0.0f;
      for (long long row = (long long)blockIdx.y * kWarps + (int)threadIdx.x / kLanes; row < rows && c < columns;
           row += (long long)gridDim.y * kWarps) {
        const Eight<unsigned short> given = eight(x + row * columns + c);
        const Eight<unsigned short> grad = eight(g + row * columns + c);
        float p[8];
        for (int i = 0; i < 8; ++i) {
          p[i] = widen(grad.n[i]) * of_gelu(widen(given.n[i]));
          own[i] += p[i];
        }
        put_eight(p, of_x + row * columns + c);
      }
      sum_slice(own, columns, partial + (long long)blockIdx.y * columns);
    })

// Dense rows -> rows that are `stride` numbers apart, and their sums where there is room for them.
ASTERISM_GPU_SOURCE(place_rows,
    extern "C" __global__ void place_rows(const unsigned short* from, unsigned short* to, long long rows, int columns,
                                          long long stride, float* partial, int apart) {
      const int c = blockIdx.x * kColumns + 8 * ((int)threadIdx.x % kLanes);
      float own[8];
      for (int i = 0; i < 8; ++i) own[i] = 0.0f;
      for (long long row = (long long)blockIdx.y * kWarps + (int)threadIdx.x / kLanes; row < rows && c < columns;
           row += (long long)gridDim.y * kWarps) {
        const Eight<unsigned short> all = eight(from + row * columns + c);
        for (int i = 0; i < 8; ++i) own[i] += widen(all.n[i]);
        *(Eight<unsigned short>*)(to + row * stride + c) = all;
      }
      if (partial) sum_slice(own, columns, partial + (long long)blockIdx.y * apart);
    })
