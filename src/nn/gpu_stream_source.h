// clang-format off
// More kernels after gpu_common_source.h: of the stream of a transformer. C channels (WIDTH).

// x + gain y, kept as x is, and LayerNorm of it over C. No gain: it is 1; no beta: 0. stats: as of gpu_norm_source.h.
ASTERISM_GPU_SOURCE(add_norm,
    extern "C" __global__ void add_norm(const IN* x, const unsigned short* y, const float* gain_C,
                                        const float* gamma_C, const float* beta_C, float epsilon, long long rows,
                                        IN* sum, unsigned short* out, float* stats) {
      using Row = WarpRow<WIDTH>;
      const long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / Row::kSpan;
      const bool inside = row < rows;
      const long long at = inside ? row * WIDTH : 0;  // loops without a way out of them keep their numbers in registers
      Row made;
      Eight<IN> before[Row::kTimes];
      Eight<unsigned short> added[Row::kTimes];
      for (int time = 0; time < Row::kTimes; ++time) {  // all of them are asked for before one is waited for
        const int c = Row::has(time) ? Row::place(time) : 0;
        before[time] = eight(x + at + c);
        added[time] = eight(y + at + c);
      }
      for (int time = 0; time < Row::kTimes; ++time) {
        const bool has = Row::has(time);
        const int c = has ? Row::place(time) : 0;
        float more[8];
        for (int i = 0; i < 8; ++i) more[i] = widen(added[time].n[i]);
        if (gain_C) {
          const Eight<float> gain = eight(gain_C + c);
          for (int i = 0; i < 8; ++i) more[i] *= gain.n[i];
        }
        for (int i = 0; i < 8; ++i) made.n[8 * time + i] = has ? widen(before[time].n[i]) + more[i] : 0.0f;
        if (inside && has) put_eight(made.n + 8 * time, sum + at + c);
      }
      made.norm(gamma_C, beta_C, epsilon, inside, out + at, stats ? stats + (inside ? 2 * row : 0) : stats);
    })
