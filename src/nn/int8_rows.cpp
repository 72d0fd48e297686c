// Each function does the row's whole vectors with AVX2 where there is AVX2, and the rest one by one.
#include "nn/int8_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/processor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define ASTERISM_AVX2 __attribute__((target("avx2,fma")))
#endif

namespace asterism::nn {
namespace {

#if defined(__x86_64__)

// The largest magnitude, NaN where there is one. i is left at the first number that is still to do.
ASTERISM_AVX2 float largest_avx2(const float* x, int64_t n, int64_t& i) {
  const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
  __m256 most[4], bad = _mm256_setzero_ps();  // four, since each waits for the one before it
  for (auto& m : most) m = _mm256_setzero_ps();
  for (; i + 32 <= n; i += 32)
    for (int k = 0; k < 4; ++k) {
      const __m256 v = _mm256_loadu_ps(x + i + 8 * k);
      most[k] = _mm256_max_ps(most[k], _mm256_and_ps(v, magnitude));
      bad = _mm256_or_ps(bad, _mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    }
  if (_mm256_movemask_ps(bad) != 0) return std::numeric_limits<float>::quiet_NaN();
  float lanes[8];
  _mm256_storeu_ps(lanes, _mm256_max_ps(_mm256_max_ps(most[0], most[1]), _mm256_max_ps(most[2], most[3])));
  return *std::max_element(lanes, lanes + 8);
}

ASTERISM_AVX2 void round_avx2(const float* x, int64_t n, float inverse, int8_t* out, int64_t& i) {
  const __m256 by = _mm256_set1_ps(inverse);
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);  // the packs below work within halves of a vector
  for (; i + 32 <= n; i += 32) {
    __m256i part[4];
    for (int k = 0; k < 4; ++k) part[k] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + i + 8 * k), by));
    const __m256i bytes =
        _mm256_packs_epi16(_mm256_packs_epi32(part[0], part[1]), _mm256_packs_epi32(part[2], part[3]));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_permutevar8x32_epi32(bytes, order));
  }
}

ASTERISM_AVX2 void rescale_avx2(const int32_t* sum, int64_t n, float row_scale, const float* scale, const float* bias,
                                bool add, float* out, int64_t& i) {
  const __m256 by = _mm256_set1_ps(row_scale);
  for (; i + 8 <= n; i += 8) {
    const __m256 v = _mm256_cvtepi32_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(sum + i)));
    const __m256 shift = bias != nullptr ? _mm256_loadu_ps(bias + i) : _mm256_setzero_ps();
    __m256 y = _mm256_fmadd_ps(v, _mm256_mul_ps(by, _mm256_loadu_ps(scale + i)), shift);
    if (add) y = _mm256_add_ps(y, _mm256_loadu_ps(out + i));
    _mm256_storeu_ps(out + i, y);
  }
}

#else

float largest_avx2(const float*, int64_t, int64_t&) { return 0; }
void round_avx2(const float*, int64_t, float, int8_t*, int64_t&) {}
void rescale_avx2(const int32_t*, int64_t, float, const float*, const float*, bool, float*, int64_t&) {}

#endif

}  // namespace

float largest_magnitude(const float* x, int64_t n) {
  int64_t i = 0;
  float largest = base::has_avx2() ? largest_avx2(x, n, i) : 0;
  for (; i < n; ++i) largest = std::isnan(x[i]) || std::isnan(largest) ? NAN : std::max(largest, std::abs(x[i]));
  return largest;
}

void round_to_bytes(const float* x, int64_t n, float inverse, int8_t* out) {
  int64_t i = 0;
  if (base::has_avx2()) round_avx2(x, n, inverse, out, i);
  for (; i < n; ++i) out[i] = int8_t(std::nearbyint(x[i] * inverse));
}

float int8_row(const float* x, int64_t n, int8_t* out, float most) {
  const float largest = largest_magnitude(x, n), inverse = most / largest;
  if (!std::isfinite(largest) || !std::isfinite(inverse)) {  // so small that this is infinite: nothing is left
    std::fill_n(out, n, int8_t(0));
    return std::isfinite(largest) ? 0 : std::numeric_limits<float>::quiet_NaN();
  }
  round_to_bytes(x, n, inverse, out);
  return largest / most;
}

void rescale_row(const int32_t* sum, int64_t n, float row_scale, const float* scale, const float* bias, bool add,
                 float* out) {
  int64_t i = 0;
  if (base::has_avx2()) rescale_avx2(sum, n, row_scale, scale, bias, add, out, i);
  for (; i < n; ++i) {
    int32_t value;  // through memory: out may lie on it
    std::memcpy(&value, sum + i, sizeof value);
    const float y = std::fma(float(value), row_scale * scale[i], bias != nullptr ? bias[i] : 0.0F);
    out[i] = add ? out[i] + y : y;
  }
}

}  // namespace asterism::nn
