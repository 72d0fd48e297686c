// Written for vectors of any length and compiled three times: for any processor, with AVX2 and with AVX-512.
#include "nn/panel_product.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "base/error.h"
#include "nn/float_vectors.h"

namespace asterism::nn {
namespace {

// Sums of so many rows by two vectors of a panel fit into registers.
constexpr int kRows16 = 14, kRows8 = 6;

// A few rows of one panel.
struct Tile {
  const float *x, *panel, *bias, *base;
  float *out, *squares;
  int64_t K, x_stride, out_stride, columns;  // columns: of the panel, that are outputs
};

// (a, b) -> 0.5 x (1 + erf(x / sqrt 2)) of each. erf is a ratio of polynomials in 4 >= |u| (those of Eigen; 2e-7), with
// one division for both. Beyond it is 1. NaN passes by way of x.
template <class T>
ASTERISM_INLINE void gelu_both(typename T::V& a, typename T::V& b) {
  using V = typename T::V;
  V upper[2], lower[2];
  const V one = V{} + 1.0F, end = V{} + 4.0F;
  ASTERISM_UNROLLED for (int i = 0; i < 2; ++i) {
    V u = (i == 0 ? a : b) * 0.707106781F;
    u = u > -end ? u : -end;
    u = u < end ? u : end;
    const V s = u * u;
    V p = s * -2.72614225801306e-10F + 2.77068142495902e-08F;
    p = p * s + -2.10102402082508e-06F;
    p = p * s + -5.69250639462346e-05F;
    p = p * s + -7.34990630326855e-04F;
    p = p * s + -2.95459980854025e-03F;
    p = p * s + -1.60960333262415e-02F;
    V q = s * -1.45660718464996e-05F + -2.13374055278905e-04F;
    q = q * s + -1.68282697438203e-03F;
    q = q * s + -7.37332916720468e-03F;
    q = q * s + -1.42647390514189e-02F;
    upper[i] = p * u;
    lower[i] = q;
  }
  const V inverse = one / (lower[0] * lower[1]);
  ASTERISM_UNROLLED for (int i = 0; i < 2; ++i) {
    V& x = i == 0 ? a : b;
    V erf = upper[i] * (inverse * lower[1 - i]);
    erf = erf > -one ? erf : -one;
    erf = erf < one ? erf : one;
    const V half = x * 0.5F;
    x = half * erf + half;
  }
}

template <class T, int M, bool gelu>
ASTERISM_INLINE void multiply_tile(const Tile& t) {
  using V = typename T::V;
  using Anywhere = typename T::Anywhere;
  constexpr int lanes = T::lanes;
  V sum[M][2];
  ASTERISM_UNROLLED for (int i = 0; i < M; ++i) sum[i][0] = sum[i][1] = V{};
  const float* w = t.panel;
  for (int64_t k = 0; k < t.K; ++k, w += 2 * lanes) {
    const V left = *reinterpret_cast<const Anywhere*>(w), right = *reinterpret_cast<const Anywhere*>(w + lanes);
    ASTERISM_UNROLLED for (int i = 0; i < M; ++i) {
      const float x = t.x[i * t.x_stride + k];
      sum[i][0] += left * x;
      sum[i][1] += right * x;
    }
  }
  const V bias[2] = {*reinterpret_cast<const Anywhere*>(t.bias), *reinterpret_cast<const Anywhere*>(t.bias + lanes)};
  V squares[2] = {V{}, V{}};
  ASTERISM_UNROLLED for (int i = 0; i < M; ++i) {
    V a = sum[i][0] + bias[0], b = sum[i][1] + bias[1];
    if constexpr (gelu) {
      gelu_both<T>(a, b);
      squares[0] += a * a;
      squares[1] += b * b;
    }
    float* out = t.out + i * t.out_stride;
    const float* base = gelu ? nullptr : t.base + i * t.out_stride;
    if (t.columns == 2 * lanes) {
      if constexpr (!gelu) {
        a += *reinterpret_cast<const Anywhere*>(base);
        b += *reinterpret_cast<const Anywhere*>(base + lanes);
      }
      *reinterpret_cast<Anywhere*>(out) = a;
      *reinterpret_cast<Anywhere*>(out + lanes) = b;
      continue;
    }
    float whole[2 * lanes];
    *reinterpret_cast<Anywhere*>(whole) = a;
    *reinterpret_cast<Anywhere*>(whole + lanes) = b;
    for (int64_t n = 0; n < t.columns; ++n) out[n] = gelu ? whole[n] : base[n] + whole[n];
  }
  if constexpr (gelu) {
    *reinterpret_cast<Anywhere*>(t.squares) += squares[0];
    *reinterpret_cast<Anywhere*>(t.squares + lanes) += squares[1];
  }
}

template <int M, bool gelu>
ASTERISM_FOR_AVX512 void tile_avx512(const Tile& t) {
  multiply_tile<Of16, M, gelu>(t);
}
template <int M, bool gelu>
ASTERISM_FOR_AVX2 void tile_avx2(const Tile& t) {
  multiply_tile<Of8, M, gelu>(t);
}
template <int M, bool gelu>
void tile_anywhere(const Tile& t) {
  multiply_tile<Of8, M, gelu>(t);
}

using Kernel = void (*)(const Tile&);

// [m - 1] for m rows
struct Kernels {
  const Kernel* of_rows;
  int rows, width;
};

template <bool gelu, int... i>
Kernels kernels_avx512(std::integer_sequence<int, i...>) {
  static constexpr std::array<Kernel, sizeof...(i)> all{&tile_avx512<i + 1, gelu>...};
  return {all.data(), kRows16, 2 * Of16::lanes};
}
template <bool gelu, int... i>
Kernels kernels_avx2(std::integer_sequence<int, i...>) {
  static constexpr std::array<Kernel, sizeof...(i)> all{&tile_avx2<i + 1, gelu>...};
  return {all.data(), kRows8, 2 * Of8::lanes};
}
template <bool gelu, int... i>
Kernels kernels_anywhere(std::integer_sequence<int, i...>) {
  static constexpr std::array<Kernel, sizeof...(i)> all{&tile_anywhere<i + 1, gelu>...};
  return {all.data(), kRows8, 2 * Of8::lanes};
}

template <bool gelu>
Kernels kernels() {
  if (has_avx512()) return kernels_avx512<gelu>(std::make_integer_sequence<int, kRows16>());
  if (has_avx2()) return kernels_avx2<gelu>(std::make_integer_sequence<int, kRows8>());
  return kernels_anywhere<gelu>(std::make_integer_sequence<int, kRows8>());
}

// Outputs base + bias + x W^T of inputs begin .. begin + count - 1.
struct Inputs {
  int64_t begin, count;
};
template <bool gelu>
void multiply(const PanelProduct& p, const Inputs& inputs, const float* bias, const float* base, float* squares) {
  const Kernels k = kernels<gelu>();
  for (int64_t n = 0; n < p.N; n += k.width)
    for (int64_t m = 0; m < p.M; m += k.rows) {
      const int64_t rows = std::min<int64_t>(k.rows, p.M - m);
      k.of_rows[rows - 1]({p.x + m * p.x_stride + inputs.begin, p.panels + n * p.K + inputs.begin * k.width, bias + n,
                           gelu ? nullptr : base + m * p.out_stride + n, p.out + m * p.out_stride + n,
                           gelu ? squares + n : nullptr, inputs.count, p.x_stride, p.out_stride,
                           std::min<int64_t>(k.width, p.N - n)});
    }
}

template <class T>
ASTERISM_INLINE void fold(const InputFold& f, const float* panel, float* out, float* bias) {
  using V = typename T::V;
  using Anywhere = typename T::Anywhere;
  V sum[2] = {*reinterpret_cast<Anywhere*>(bias), *reinterpret_cast<Anywhere*>(bias + T::lanes)};
  for (int64_t k = 0; k < f.K; ++k) ASTERISM_UNROLLED for (int i = 0; i < 2; ++i) {
      const V w = *reinterpret_cast<const Anywhere*>(panel + (2 * k + i) * T::lanes);
      *reinterpret_cast<Anywhere*>(out + (2 * k + i) * T::lanes) = w * f.factor[k];
      sum[i] += w * f.shift[k];
    }
  *reinterpret_cast<Anywhere*>(bias) = sum[0];
  *reinterpret_cast<Anywhere*>(bias + T::lanes) = sum[1];
}

ASTERISM_FOR_AVX512 void fold_avx512(const InputFold& f, const float* panel, float* out, float* bias) {
  fold<Of16>(f, panel, out, bias);
}
ASTERISM_FOR_AVX2 void fold_avx2(const InputFold& f, const float* panel, float* out, float* bias) {
  fold<Of8>(f, panel, out, bias);
}

}  // namespace

int64_t panel_width() { return kernels<false>().width; }

PanelLayer::PanelLayer(const at::Tensor& weight, const at::Tensor& bias_N) {
  ASTERISM_CHECK(weight.dim() == 2 && bias_N.dim() == 1 && bias_N.size(0) == weight.size(0), "panels of {} dimensions",
                 weight.dim());
  const int64_t N = weight.size(0), K = weight.size(1), width = panel_width(), count = (N + width - 1) / width;
  panels = at::constant_pad_nd(weight.detach(), {0, 0, 0, count * width - N})
               .view({count, width, K})
               .transpose(1, 2)
               .contiguous();
  bias = at::constant_pad_nd(bias_N.detach(), {0, count * width - N});
}

void fold_into_panel(const InputFold& f, const float* panel, float* out, float* bias) {
  if (has_avx512()) return fold_avx512(f, panel, out, bias);
  has_avx2() ? fold_avx2(f, panel, out, bias) : fold<Of8>(f, panel, out, bias);
}

void multiply_gelu(const PanelProduct& p, float* squares) { multiply<true>(p, {0, p.K}, p.bias, nullptr, squares); }

void multiply_add(const PanelProduct& p, const float* base) {
  // A few inputs at a time, so that their part of x and of the panels stays in the caches.
  constexpr int64_t kInputs = 256;
  const std::vector<float> none(size_t(p.N + panel_width()), 0.0F);
  for (int64_t k = 0; k < p.K; k += kInputs)
    multiply<false>(p, {k, std::min(kInputs, p.K - k)}, k == 0 ? p.bias : none.data(), k == 0 ? base : p.out, nullptr);
}

}  // namespace asterism::nn
