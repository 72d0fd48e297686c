// Each function does the rows' whole vectors of eight with AVX2 where there is AVX2, and the rest one by one.
#include "nn/row_math.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/processor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define ASTERISM_AVX2 __attribute__((target("avx2,fma")))
#define ASTERISM_AVX2_INLINE __attribute__((target("avx2,fma"), always_inline)) inline
#endif

namespace asterism::nn {
namespace {

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

#if defined(__x86_64__)

// 2^n e^r with x = n ln 2 + r and a polynomial in r (coefficients of expf in Cephes, Moshier 1992). min and max return
// their second operand where one is NaN, so that NaN passes.
ASTERISM_AVX2_INLINE __m256 exp8(__m256 x) {
  x = _mm256_min_ps(_mm256_set1_ps(88.3762626F), _mm256_max_ps(_mm256_set1_ps(-87.3365478F), x));
  const __m256 n =
      _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504F)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m256 r =
      _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4F), _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375F), x));
  __m256 y = _mm256_set1_ps(1.9875691500e-4F);
  y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.3981999507e-3F));
  y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(8.3334519073e-3F));
  y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(4.1665795894e-2F));
  y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.6666665459e-1F));
  y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(5.0000001201e-1F));
  y = _mm256_add_ps(_mm256_fmadd_ps(_mm256_mul_ps(y, r), r, r), _mm256_set1_ps(1));
  const __m256i exponent = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
  return _mm256_mul_ps(y, _mm256_castsi256_ps(exponent));
}

ASTERISM_AVX2_INLINE __m256 sigmoid8(__m256 x) {
  const __m256 one = _mm256_set1_ps(1);
  return _mm256_div_ps(one, _mm256_add_ps(one, exp8(_mm256_sub_ps(_mm256_setzero_ps(), x))));
}

ASTERISM_AVX2_INLINE float sum8(__m256 a) {
  __m128 x = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  x = _mm_add_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_shuffle_ps(x, x, 1)));
}

// These leave i at the first number that is still to do.

ASTERISM_AVX2 float largest_avx2(const float* x, int64_t n, int64_t& i) {
  __m256 most = _mm256_set1_ps(-std::numeric_limits<float>::infinity());
  for (; i + 8 <= n; i += 8) most = _mm256_max_ps(most, _mm256_loadu_ps(x + i));
  float lanes[8];
  _mm256_storeu_ps(lanes, most);
  return *std::max_element(lanes, lanes + 8);
}

ASTERISM_AVX2 float exp_avx2(float* x, int64_t n, float shift, int64_t& i) {
  __m256 sum = _mm256_setzero_ps();
  for (; i + 8 <= n; i += 8) {
    const __m256 e = exp8(_mm256_sub_ps(_mm256_loadu_ps(x + i), _mm256_set1_ps(shift)));
    _mm256_storeu_ps(x + i, e);
    sum = _mm256_add_ps(sum, e);
  }
  return sum8(sum);
}

ASTERISM_AVX2 float dot_avx2(const float* a, const float* b, int64_t n, int64_t& i) {
  __m256 sum = _mm256_setzero_ps();
  for (; i + 8 <= n; i += 8) sum = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), sum);
  return sum8(sum);
}

ASTERISM_AVX2 void softmax_backward_avx2(float* g, const float* p, int64_t n, float mean, float scale, int64_t& i) {
  for (; i + 8 <= n; i += 8) {
    const __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(p + i), _mm256_set1_ps(scale));
    _mm256_storeu_ps(g + i, _mm256_mul_ps(scaled, _mm256_sub_ps(_mm256_loadu_ps(g + i), _mm256_set1_ps(mean))));
  }
}

// The sum of (x - center)^power, power 1 or 2.
template <int power>
ASTERISM_AVX2 float moment_avx2(const float* x, int64_t n, float center, int64_t& i) {
  const __m256 c = _mm256_set1_ps(center);
  __m256 sum[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
  for (; i + 16 <= n; i += 16)
    for (int k = 0; k < 2; ++k) {
      const __m256 d = _mm256_sub_ps(_mm256_loadu_ps(x + i + 8 * k), c);
      sum[k] = power == 1 ? _mm256_add_ps(sum[k], d) : _mm256_fmadd_ps(d, d, sum[k]);
    }
  return sum8(_mm256_add_ps(sum[0], sum[1]));
}

ASTERISM_AVX2 void norm_avx2(const float* x, int64_t n, const float* gain, const float* shift, float mean,
                             float inverse, float* out, int64_t& i) {
  const __m256 m = _mm256_set1_ps(mean), by = _mm256_set1_ps(inverse);
  for (; i + 8 <= n; i += 8) {
    __m256 y = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(x + i), m), by);
    if (gain != nullptr) y = _mm256_mul_ps(y, _mm256_loadu_ps(gain + i));
    if (shift != nullptr) y = _mm256_add_ps(y, _mm256_loadu_ps(shift + i));
    _mm256_storeu_ps(out + i, y);
  }
}

ASTERISM_AVX2 void swiglu_avx2(const float* a, const float* b, float* out, int64_t n, int64_t& i) {
  for (; i + 8 <= n; i += 8) {
    const __m256 x = _mm256_loadu_ps(a + i);
    _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_mul_ps(x, sigmoid8(x)), _mm256_loadu_ps(b + i)));
  }
}

ASTERISM_AVX2 void swiglu_backward_avx2(const float* g, const float* a, const float* b, float* of_a, float* of_b,
                                        int64_t n, int64_t& i) {
  const __m256 one = _mm256_set1_ps(1);
  for (; i + 8 <= n; i += 8) {
    const __m256 x = _mm256_loadu_ps(a + i), gradient = _mm256_loadu_ps(g + i), s = sigmoid8(x);
    const __m256 slope = _mm256_mul_ps(s, _mm256_fmadd_ps(x, _mm256_sub_ps(one, s), one));
    _mm256_storeu_ps(of_a + i, _mm256_mul_ps(_mm256_mul_ps(gradient, _mm256_loadu_ps(b + i)), slope));
    _mm256_storeu_ps(of_b + i, _mm256_mul_ps(gradient, _mm256_mul_ps(x, s)));
  }
}

#else

float largest_avx2(const float*, int64_t, int64_t&) { return 0; }
float exp_avx2(float*, int64_t, float, int64_t&) { return 0; }
float dot_avx2(const float*, const float*, int64_t, int64_t&) { return 0; }
void softmax_backward_avx2(float*, const float*, int64_t, float, float, int64_t&) {}
template <int power>
float moment_avx2(const float*, int64_t, float, int64_t&) {
  return 0;
}
void norm_avx2(const float*, int64_t, const float*, const float*, float, float, float*, int64_t&) {}
void swiglu_avx2(const float*, const float*, float*, int64_t, int64_t&) {}
void swiglu_backward_avx2(const float*, const float*, const float*, float*, float*, int64_t, int64_t&) {}

#endif

// The mean of (x - center)^power.
template <int power>
float moment(const float* x, int64_t n, float center) {
  int64_t i = 0;
  float sum = base::has_avx2() ? moment_avx2<power>(x, n, center, i) : 0;
  for (; i < n; ++i) sum += power == 1 ? x[i] - center : (x[i] - center) * (x[i] - center);
  return sum / float(n);
}

// x [n] -> exp(x - shift), in place; returns their sum.
float exp_and_sum(float* x, int64_t n, float shift) {
  int64_t i = 0;
  float sum = base::has_avx2() ? exp_avx2(x, n, shift, i) : 0;
  for (; i < n; ++i) {
    x[i] = std::exp(x[i] - shift);
    sum += x[i];
  }
  return sum;
}

}  // namespace

RowSum exp_of_row(float* x, int64_t n) {
  int64_t i = 0;
  float most = base::has_avx2() ? largest_avx2(x, n, i) : -std::numeric_limits<float>::infinity();
  for (; i < n; ++i) most = std::max(most, x[i]);
  return {most, exp_and_sum(x, n, most)};
}

void exp_row(float* x, int64_t n, float shift) { exp_and_sum(x, n, shift); }

float dot_row(const float* a, const float* b, int64_t n) {
  int64_t i = 0;
  float sum = base::has_avx2() ? dot_avx2(a, b, n, i) : 0;
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

void softmax_backward_row(float* gradient, const float* p, int64_t n, float mean, float scale) {
  int64_t i = 0;
  if (base::has_avx2()) softmax_backward_avx2(gradient, p, n, mean, scale, i);
  for (; i < n; ++i) gradient[i] = p[i] * scale * (gradient[i] - mean);
}

void norm_row(const float* x, int64_t n, const float* gain, const float* shift, float epsilon, float* out) {
  const float mean = moment<1>(x, n, 0), inverse = 1 / std::sqrt(moment<2>(x, n, mean) + epsilon);
  int64_t i = 0;
  if (base::has_avx2()) norm_avx2(x, n, gain, shift, mean, inverse, out, i);
  for (; i < n; ++i)
    out[i] = (x[i] - mean) * inverse * (gain != nullptr ? gain[i] : 1) + (shift != nullptr ? shift[i] : 0);
}

void swiglu_row(const float* a, const float* b, float* out, int64_t n) {
  int64_t i = 0;
  if (base::has_avx2()) swiglu_avx2(a, b, out, n, i);
  for (; i < n; ++i) out[i] = a[i] * sigmoid(a[i]) * b[i];
}

void swiglu_backward_row(const float* gradient, const float* a, const float* b, float* of_a, float* of_b, int64_t n) {
  int64_t i = 0;
  if (base::has_avx2()) swiglu_backward_avx2(gradient, a, b, of_a, of_b, n, i);
  for (; i < n; ++i) {
    const float s = sigmoid(a[i]);
    of_a[i] = gradient[i] * b[i] * s * (1 + a[i] * (1 - s));
    of_b[i] = gradient[i] * a[i] * s;
  }
}

}  // namespace asterism::nn
