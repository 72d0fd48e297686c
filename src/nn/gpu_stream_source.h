// clang-format off
// More kernels as gpu_source.h has them, after those: of the stream of a transformer. C channels (WIDTH).

// x + gain y, kept as x is, and LayerNorm of it over C: one warp a position. No gain: it is 1; no beta: 0. stats: as of
// gpu_rows_source.h.
ASTERISM_GPU_SOURCE(add_norm,
    extern "C" __global__ void add_norm(const IN* x, const unsigned int* y, const float* gain_C, const float* gamma_C,
                                        const float* beta_C, float epsilon, long long rows, IN* sum,
                                        unsigned int* out, float* stats) {
      constexpr int kEach = WIDTH / 2 / kLanes;
      const int lane = threadIdx.x % kLanes;
      const long long row = (long long)blockIdx.x * kWarps + threadIdx.x / kLanes;
      const bool inside = row < rows;
      float a[kEach];
      float b[kEach];
      float total = 0.0f;
      const long long at = inside ? row * WIDTH : 0;  // loops without a way out of them keep their numbers in registers
      for (int i = 0; i < kEach; ++i) {
        const int c = 2 * (lane + kLanes * i);
        const unsigned int added = y[(at + c) / 2];
        a[i] = first_of(x + at + c) + (gain_C ? gain_C[c] : 1.0f) * low(added);
        b[i] = second_of(x + at + c) + (gain_C ? gain_C[c + 1] : 1.0f) * high(added);
        if (inside) put_two(a[i], b[i], sum + at + c);
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
        out[(at + c) / 2] = pair((a[i] - mean) * inverse * gamma_C[c] + (beta_C ? beta_C[c] : 0.0f),
                                 (b[i] - mean) * inverse * gamma_C[c + 1] + (beta_C ? beta_C[c + 1] : 0.0f));
      }
    })
