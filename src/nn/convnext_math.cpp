// Loops over channels, compiled for several processors (float_vectors.h).
#include "nn/convnext_math.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/float_vectors.h"

namespace asterism::nn {
namespace {

// The sum of all lanes: first halves and second halves, and so on.
template <class T>
ASTERISM_INLINE float sum_of(const typename T::V& v) {
  float lanes[T::lanes];
  *reinterpret_cast<typename T::Anywhere*>(lanes) = v;
  for (int half = T::lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  return lanes[0];
}

// Position l of a convolution of L positions; returns the sum over channels.
template <class T>
ASTERISM_INLINE float convolve(const DepthwiseNorm& layer, const float* x, int64_t L, int64_t l, float* y) {
  using V = typename T::V;
  using Anywhere = typename T::Anywhere;
  const int64_t C = layer.C, first = std::max<int64_t>(0, layer.K / 2 - l),
                last = std::min<int64_t>(layer.K, L + layer.K / 2 - l);
  const float *from = x + (l + first - layer.K / 2) * C, *taps = layer.kernel_KC + first * C;
  V total{};
  int64_t c = 0;
  for (; c + T::lanes <= C; c += T::lanes) {
    V sum = *reinterpret_cast<const Anywhere*>(layer.bias_C + c);
    for (int64_t k = 0; k < last - first; ++k)
      sum +=
          *reinterpret_cast<const Anywhere*>(taps + k * C + c) * *reinterpret_cast<const Anywhere*>(from + k * C + c);
    *reinterpret_cast<Anywhere*>(y + c) = sum;
    total += sum;
  }
  float rest = 0;
  for (; c < C; ++c) {
    float sum = layer.bias_C[c];
    for (int64_t k = 0; k < last - first; ++k) sum += taps[k * C + c] * from[k * C + c];
    rest += y[c] = sum;
  }
  return C >= T::lanes ? sum_of<T>(total) + rest : rest;
}

template <class T>
ASTERISM_INLINE void normalise(const DepthwiseNorm& layer, float sum, float* y) {
  using V = typename T::V;
  using Anywhere = typename T::Anywhere;
  const int64_t C = layer.C;
  const float mean = sum / float(C);
  V total{};
  float rest = 0;
  int64_t c = 0;
  for (; c + T::lanes <= C; c += T::lanes) {
    const V apart = *reinterpret_cast<const Anywhere*>(y + c) - mean;
    total += apart * apart;
  }
  for (; c < C; ++c) rest += (y[c] - mean) * (y[c] - mean);
  const float squares = C >= T::lanes ? sum_of<T>(total) + rest : rest;
  const float inverse = 1 / std::sqrt(squares / float(C) + layer.epsilon);
  for (c = 0; c + T::lanes <= C; c += T::lanes) {
    auto& at = *reinterpret_cast<Anywhere*>(y + c);
    at = (at - mean) * inverse * *reinterpret_cast<const Anywhere*>(layer.scale_C + c) +
         *reinterpret_cast<const Anywhere*>(layer.shift_C + c);
  }
  for (; c < C; ++c) y[c] = (y[c] - mean) * inverse * layer.scale_C[c] + layer.shift_C[c];
}

template <class T>
ASTERISM_INLINE void depthwise_norm_any(const DepthwiseNorm& layer, const DepthwiseRows& r) {
  for (int64_t l = r.begin; l < r.end; ++l) {
    float* y = r.out + (l - r.begin) * r.out_stride;
    normalise<T>(layer, convolve<T>(layer, r.x_LC, r.L, l, y), y);
  }
}

ASTERISM_FOR_AVX512 void depthwise_norm_avx512(const DepthwiseNorm& layer, const DepthwiseRows& r) {
  depthwise_norm_any<Of16>(layer, r);
}
ASTERISM_FOR_AVX2 void depthwise_norm_avx2(const DepthwiseNorm& layer, const DepthwiseRows& r) {
  depthwise_norm_any<Of8>(layer, r);
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

ASTERISM_FOR_AVX2 void squares_avx2(const float* h, int64_t L, int64_t D, float* sum) { squares_any(h, L, D, sum); }
ASTERISM_FOR_AVX2 void scale_avx2(float* h, int64_t L, int64_t D, const float* factor, const float* shift) {
  scale_any(h, L, D, factor, shift);
}

}  // namespace

void depthwise_norm(const DepthwiseNorm& layer, const DepthwiseRows& rows) {
  if (has_avx512()) return depthwise_norm_avx512(layer, rows);
  has_avx2() ? depthwise_norm_avx2(layer, rows) : depthwise_norm_any<Of8>(layer, rows);
}

void response_factors(const float* squares, int64_t parts, int64_t stride, int64_t D, const float* gamma,
                      float* factor) {
  double mean = 0;
  std::vector<double> length(static_cast<size_t>(D), 0.0);
  for (int64_t part = 0; part < parts; ++part)
    for (int64_t d = 0; d < D; ++d) length[size_t(d)] += double(squares[part * stride + d]);
  for (double& x : length) mean += x = std::sqrt(x);
  mean /= double(D);
  for (int64_t d = 0; d < D; ++d) factor[d] = float(double(gamma[d]) * length[size_t(d)] / (mean + 1e-6) + 1);
}

void global_response(float* h, int64_t L, int64_t D, const float* gamma, const float* beta) {
  constexpr int64_t kBlock = 64;
  const int64_t parts = (L + kBlock - 1) / kBlock;
  std::vector<float> squares(size_t(parts * D), 0.0F), factor(static_cast<size_t>(D));
  for (int64_t part = 0; part < parts; ++part) {
    const float* rows = h + part * kBlock * D;
    const int64_t count = std::min(kBlock, L - part * kBlock);
    float* sum = squares.data() + part * D;
    has_avx2() ? squares_avx2(rows, count, D, sum) : squares_any(rows, count, D, sum);
  }
  response_factors(squares.data(), parts, D, D, gamma, factor.data());
  has_avx2() ? scale_avx2(h, L, D, factor.data(), beta) : scale_any(h, L, D, factor.data(), beta);
}

void add_rows(const float* a, const float* b, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
}

}  // namespace asterism::nn
