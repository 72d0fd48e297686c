// clang-format off
// More kernels after gpu_common_source.h: of the rows of a transformer.

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
