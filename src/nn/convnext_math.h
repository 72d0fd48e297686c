#pragma once
// The arithmetic of a one-dimensional ConvNeXt block that is no product of matrices, for one object without gradients,
// each in one pass over its rows: [L, C] row-major, C channels at each of L positions. In vectors of eight where the
// processor has AVX2. NaN goes in and comes out.

#include <cstdint>

namespace asterism::nn {

struct DepthwiseNorm {
  const float* kernel_KC;  // the taps of a depthwise convolution, one row a tap; K is odd
  const float* bias_C;
  const float* scale_C;  // of the layer norm
  const float* shift_C;
  int64_t K, C;
  float epsilon;
};

// out[l] = LayerNorm(bias + sum_k kernel[k] x[l + k - K/2]), zeros beyond the ends.
void depthwise_norm(const DepthwiseNorm& layer, const float* x_LC, int64_t L, float* out_LC);

// Global response normalisation (Woo et al. 2023), in place: with g_d the length of column d and n_d = g_d / (mean g +
// 1e-6), h <- h (gamma n + 1) + beta.
void global_response(float* h_LD, int64_t L, int64_t D, const float* gamma_D, const float* beta_D);

// out = a + b.
void add_rows(const float* a, const float* b, float* out, int64_t n);

}  // namespace asterism::nn
