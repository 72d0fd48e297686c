// clang-format off
// More kernels after gpu_common_source.h: of the rows of a transformer. Blocks of kColumns columns, and of a slice of the
// rows each.

// silu(a) b of rows [a, b] of `columns` numbers each.
ASTERISM_GPU_SOURCE(gate_rows,
    extern "C" __global__ void gate_rows(const unsigned short* x, unsigned short* out, long long rows, int columns) {
      const int c = blockIdx.x * kColumns + 8 * ((int)threadIdx.x % kLanes);
      for (long long row = (long long)blockIdx.y * kWarps + (int)threadIdx.x / kLanes; row < rows && c < columns;
           row += (long long)gridDim.y * kWarps) {
        const Eight<unsigned short> a = eight(x + 2 * row * columns + c);
        const Eight<unsigned short> b = eight(x + (2 * row + 1) * columns + c);
        float y[8];
        for (int i = 0; i < 8; ++i) {
          const float from = widen(a.n[i]);
          y[i] = from * quick_inverse(1.0f + quick_exp(-from)) * widen(b.n[i]);
        }
        put_eight(y, out + row * columns + c);
      }
    })

// Of gate_rows: g, gradient of its result -> of_x, laid out as x.
ASTERISM_GPU_SOURCE(gate_rows_backward,
    extern "C" __global__ void gate_rows_backward(const unsigned short* x, const unsigned short* g,
                                                  unsigned short* of_x, long long rows, int columns) {
      const int c = blockIdx.x * kColumns + 8 * ((int)threadIdx.x % kLanes);
      for (long long row = (long long)blockIdx.y * kWarps + (int)threadIdx.x / kLanes; row < rows && c < columns;
           row += (long long)gridDim.y * kWarps) {
        const Eight<unsigned short> a = eight(x + 2 * row * columns + c);
        const Eight<unsigned short> b = eight(x + (2 * row + 1) * columns + c);
        const Eight<unsigned short> of = eight(g + row * columns + c);
        float p[8];
        float q[8];
        for (int i = 0; i < 8; ++i) {
          const float from = widen(a.n[i]);
          const float share = quick_inverse(1.0f + quick_exp(-from));
          p[i] = widen(of.n[i]) * widen(b.n[i]) * share * (1.0f + from * (1.0f - share));
          q[i] = widen(of.n[i]) * from * share;
        }
        put_eight(p, of_x + 2 * row * columns + c);
        put_eight(q, of_x + (2 * row + 1) * columns + c);
      }
    })
