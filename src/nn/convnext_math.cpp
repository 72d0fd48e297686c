// Plain loops over channels, compiled twice: for any processor, and for one with AVX2.
#include "nn/convnext_math.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/processor.h"

#if defined(__x86_64__)
#define ASTERISM_AVX2 __attribute__((target("avx2,fma")))
#else
#define ASTERISM_AVX2
#endif
#define ASTERISM_INLINE __attribute__((always_inline)) inline

namespace asterism::nn {
namespace {

constexpr int64_t kLanes = 16;  // partial sums of a row: a fixed order of addition, whatever the processor

struct Moments {
  float mean, inverse;  // of the standard deviation
};

ASTERISM_INLINE float sum_of(const float* lanes) {
  float sum = 0;
  for (int64_t i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

ASTERISM_INLINE Moments moments(const float* x, int64_t C, float epsilon) {
  float lanes[kLanes] = {};
  int64_t c = 0;
  for (; c + kLanes <= C; c += kLanes)
    for (int64_t i = 0; i < kLanes; ++i) lanes[i] += x[c + i];
  for (int64_t i = 0; c < C; ++c, ++i) lanes[i] += x[c];
  const float mean = sum_of(lanes) / float(C);
  std::fill(lanes, lanes + kLanes, 0.0f);
  for (c = 0; c + kLanes <= C; c += kLanes)
    for (int64_t i = 0; i < kLanes; ++i) lanes[i] += (x[c + i] - mean) * (x[c + i] - mean);
  for (int64_t i = 0; c < C; ++c, ++i) lanes[i] += (x[c] - mean) * (x[c] - mean);
  return {mean, 1 / std::sqrt(sum_of(lanes) / float(C) + epsilon)};
}

ASTERISM_INLINE void depthwise_norm_any(const DepthwiseNorm& layer, const float* __restrict__ x, int64_t L,
                                        float* __restrict__ out) {
  const int64_t C = layer.C, K = layer.K;
  for (int64_t l = 0; l < L; ++l) {
    float* __restrict__ y = out + l * C;
    std::copy_n(layer.bias_C, C, y);
    const int64_t first = std::max<int64_t>(0, K / 2 - l), last = std::min<int64_t>(K, L + K / 2 - l);
    for (int64_t k = first; k < last; ++k) {
      const float* __restrict__ from = x + (l + k - K / 2) * C;
      const float* __restrict__ w = layer.kernel_KC + k * C;
      for (int64_t c = 0; c < C; ++c) y[c] += w[c] * from[c];
    }
    const Moments m = moments(y, C, layer.epsilon);
    for (int64_t c = 0; c < C; ++c) y[c] = (y[c] - m.mean) * m.inverse * layer.scale_C[c] + layer.shift_C[c];
  }
}

ASTERISM_INLINE void squares_any(const float* __restrict__ h, int64_t L, int64_t D, float* __restrict__ sum) {
  for (int64_t l = 0; l < L; ++l)
    for (int64_t d = 0; d < D; ++d) sum[d] += h[l * D + d] * h[l * D + d];
}

ASTERISM_INLINE void scale_any(float* __restrict__ h, int64_t L, int64_t D, const float* __restrict__ factor,
                               const float* __restrict__ shift) {
  for (int64_t l = 0; l < L; ++l)
    for (int64_t d = 0; d < D; ++d) h[l * D + d] = h[l * D + d] * factor[d] + shift[d];
}

ASTERISM_AVX2 void depthwise_norm_avx2(const DepthwiseNorm& layer, const float* x, int64_t L, float* out) {
  depthwise_norm_any(layer, x, L, out);
}
ASTERISM_AVX2 void squares_avx2(const float* h, int64_t L, int64_t D, float* sum) { squares_any(h, L, D, sum); }
ASTERISM_AVX2 void scale_avx2(float* h, int64_t L, int64_t D, const float* factor, const float* shift) {
  scale_any(h, L, D, factor, shift);
}

}  // namespace

void depthwise_norm(const DepthwiseNorm& layer, const float* x, int64_t L, float* out) {
  base::has_avx2() ? depthwise_norm_avx2(layer, x, L, out) : depthwise_norm_any(layer, x, L, out);
}

void global_response(float* h, int64_t L, int64_t D, const float* gamma, const float* beta) {
  // Sums of a few positions in float, of all of them in double: thousands of positions lose nothing.
  constexpr int64_t kBlock = 64;
  std::vector<float> part(static_cast<size_t>(D)), factor(static_cast<size_t>(D));
  std::vector<double> length(static_cast<size_t>(D), 0.0);
  for (int64_t l = 0; l < L; l += kBlock) {
    std::fill(part.begin(), part.end(), 0.0f);
    const int64_t rows = std::min(kBlock, L - l);
    base::has_avx2() ? squares_avx2(h + l * D, rows, D, part.data()) : squares_any(h + l * D, rows, D, part.data());
    for (size_t d = 0; d < part.size(); ++d) length[d] += double(part[d]);
  }
  double mean = 0;
  for (double& x : length) mean += x = std::sqrt(x);
  mean /= double(D);
  for (size_t d = 0; d < factor.size(); ++d) factor[d] = float(double(gamma[d]) * length[d] / (mean + 1e-6) + 1);
  base::has_avx2() ? scale_avx2(h, L, D, factor.data(), beta) : scale_any(h, L, D, factor.data(), beta);
}

void add_rows(const float* a, const float* b, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
}

}  // namespace asterism::nn
