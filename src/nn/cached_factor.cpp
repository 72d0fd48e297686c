#include "nn/cached_factor.h"

#include <algorithm>
#include <utility>

#include "base/processor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define ASTERISM_AVX2 __attribute__((target("avx2,fma")))
#define ASTERISM_AVX2_INLINE __attribute__((target("avx2,fma"), always_inline)) inline
#endif

extern "C" void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
                       const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
                       const float* beta, float* c, const int* ldc);  // BLAS, from libtorch

namespace asterism::nn {
namespace {

constexpr int64_t kColumns = 16;  // of a panel: two vectors of sums
constexpr int64_t kRows = 6;      // that meet it at once: twelve sums and what else is needed fill the registers

constexpr int64_t kInner = 256;  // of k at a time: such a part of a panel fills half of the first cache

int64_t panels(int64_t n) { return (n + kColumns - 1) / kColumns; }

// BLAS counts by columns: it sees every matrix transposed, and c^T = b^T a^T.
void by_blas(int64_t m, int64_t n, int64_t k, float alpha, MatrixView a, MatrixView b, bool add, float* c,
             int64_t stride) {
  const char ta = a.column == 1 ? 'N' : 'T', tb = b.column == 1 ? 'N' : 'T';
  const auto leading = [](const MatrixView& x, int64_t height, int64_t width) {  // at least what a row takes
    return int(x.column == 1 ? std::max(x.row, width) : std::max(x.column, height));
  };
  const int rows = int(n), columns = int(m), inner = int(k), lda = leading(a, m, k), ldb = leading(b, k, n),
            ldc = int(stride);
  const float beta = add ? 1 : 0;
  sgemm_(&tb, &ta, &rows, &columns, &inner, &alpha, b.data, &ldb, a.data, &lda, &beta, c, &ldc);
}

#if defined(__x86_64__)

// Eight by eight numbers of `from`, whose columns are side by side, as rows of a panel.
ASTERISM_AVX2 void turn(const float* from, int64_t column, float* to) {
  __m256 x[8], y[8];
  for (int j = 0; j < 8; ++j) x[j] = _mm256_loadu_ps(from + j * column);
  for (int j = 0; j < 8; j += 2) {
    y[j] = _mm256_unpacklo_ps(x[j], x[j + 1]);
    y[j + 1] = _mm256_unpackhi_ps(x[j], x[j + 1]);
  }
  for (int j = 0; j < 8; j += 4)
    for (int half = 0; half < 2; ++half) {
      x[j + 2 * half] = _mm256_shuffle_ps(y[j + half], y[j + 2 + half], 0x44);
      x[j + 2 * half + 1] = _mm256_shuffle_ps(y[j + half], y[j + 2 + half], 0xee);
    }
  for (int i = 0; i < 4; ++i) {
    _mm256_storeu_ps(to + i * kColumns, _mm256_permute2f128_ps(x[i], x[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * kColumns, _mm256_permute2f128_ps(x[i], x[i + 4], 0x31));
  }
}

// The first `width` columns of b as a panel, zeros beyond.
void lay_out(MatrixView b, int64_t k, int64_t width, float* to) {
  if (width < kColumns) std::fill_n(to, k * kColumns, 0.0F);
  if (b.column == 1) {
    for (int64_t i = 0; i < k; ++i) std::copy_n(b.data + i * b.row, width, to + i * kColumns);
    return;
  }
  const int64_t turned = b.row == 1 ? k / 8 * 8 : 0, whole = width / 8 * 8;
  for (int64_t j = 0; j < whole; j += 8)
    for (int64_t i = 0; i < turned; i += 8) turn(b.data + i + j * b.column, b.column, to + i * kColumns + j);
  for (int64_t j = 0; j < width; ++j)
    for (int64_t i = j < whole ? turned : 0; i < k; ++i) to[i * kColumns + j] = b.data[i * b.row + j * b.column];
}

struct Tile {
  const float* a;
  int64_t a_row, a_column, k;
  const float* panel;
  float alpha;
  bool add;
  float* c;
  int64_t stride;
};

// One column of `height` rows of a by `vectors` of one row of a panel. `low` is the first row and `high` the fourth.
template <int height, int vectors>
ASTERISM_AVX2_INLINE void add_products(__m256 (&sums)[height][vectors], const float* low, const float* high,
                                       int64_t a_row, const float* panel) {
  __m256 b[vectors];
  for (int v = 0; v < vectors; ++v) b[v] = _mm256_loadu_ps(panel + 8 * v);
  for (int r = 0; r < height; ++r) {
    const __m256 x = _mm256_broadcast_ss(r < 3 ? low + r * a_row : high + (r - 3) * a_row);
    for (int v = 0; v < vectors; ++v) sums[r][v] = _mm256_fmadd_ps(x, b[v], sums[r][v]);
  }
}

// `height` rows of a by `vectors` of a panel's two.
template <int height, int vectors>
ASTERISM_AVX2 void meet(const Tile& t) {
  __m256 sums[height][vectors];
  for (auto& row : sums)
    for (auto& sum : row) sum = _mm256_setzero_ps();
  const float *low = t.a, *high = t.a + 3 * t.a_row, *panel = t.panel;
  // Two pointers that the compiler must not make of each other: six in a chain would take longer than the products.
  __asm__("" : "+r"(high));
  int64_t i = 0;
  if (t.a_column == 1)
    for (; i + 4 <= t.k; i += 4, low += 4, high += 4, panel += 4 * kColumns)
      for (int u = 0; u < 4; ++u) add_products(sums, low + u, high + u, t.a_row, panel + u * kColumns);
  for (; i < t.k; ++i, low += t.a_column, high += t.a_column, panel += kColumns)
    add_products(sums, low, high, t.a_row, panel);
  const __m256 alpha = _mm256_set1_ps(t.alpha);
  for (int r = 0; r < height; ++r)
    for (int v = 0; v < vectors; ++v) {
      float* c = t.c + r * t.stride + 8 * v;
      const __m256 before = t.add ? _mm256_loadu_ps(c) : _mm256_setzero_ps();
      _mm256_storeu_ps(c, _mm256_fmadd_ps(alpha, sums[r][v], before));
    }
}

using Meet = void (*)(const Tile&);
constexpr Meet kMeet[2][kRows] = {{meet<1, 1>, meet<2, 1>, meet<3, 1>, meet<4, 1>, meet<5, 1>, meet<6, 1>},
                                  {meet<1, 2>, meet<2, 2>, meet<3, 2>, meet<4, 2>, meet<5, 2>, meet<6, 2>}};

// The last panel's columns may not fill its vectors: their sums pass through memory of its own.
void meet_part(Tile t, int64_t height, int64_t width) {
  const auto work = kMeet[width > 8 ? 1 : 0][height - 1];
  if (width % 8 == 0) return work(t);
  float aside[kRows * kColumns] = {};
  float* c = t.c;
  if (t.add)
    for (int64_t r = 0; r < height; ++r) std::copy_n(c + r * t.stride, width, aside + r * kColumns);
  const int64_t stride = std::exchange(t.stride, kColumns);
  t.c = aside;
  work(t);
  for (int64_t r = 0; r < height; ++r) std::copy_n(aside + r * kColumns, width, c + r * stride);
}

bool suits() { return base::has_avx2() && !base::has_avx512f(); }

#else

bool suits() { return false; }

#endif

}  // namespace

bool CachedFactor::has_kernel() { return suits(); }

int64_t CachedFactor::room(int64_t k, int64_t n) { return has_kernel() ? panels(n) * kColumns * k : 0; }

#if defined(__x86_64__)

CachedFactor::CachedFactor(MatrixView b, int64_t k, int64_t n, float* room)
    : b_(b), k_(k), n_(n), panels_(has_kernel() ? room : nullptr) {
  if (panels_ == nullptr) return;
  for (int64_t j = 0; j < n; j += kColumns)
    lay_out({b.data + j * b.column, b.row, b.column}, k, std::min(kColumns, n - j), room + j * k);
}

void CachedFactor::multiply(int64_t m, float alpha, MatrixView a, bool add, float* c, int64_t stride) const {
  if (panels_ == nullptr) return by_blas(m, n_, k_, alpha, a, b_, add, c, stride);
  const int64_t groups = (m + kRows - 1) / kRows;  // of rows, as even as can be: a lone row takes as long as three
  for (int64_t i = 0; i < k_ || i == 0; i += kInner)
    for (int64_t j = 0; j < n_; j += kColumns)
      for (int64_t g = 0; g < groups; ++g) {
        const int64_t begin = g * m / groups, height = (g + 1) * m / groups - begin;
        meet_part({a.data + begin * a.row + i * a.column, a.row, a.column, std::min(kInner, k_ - i),
                   panels_ + j * k_ + i * kColumns, alpha, add || i > 0, c + begin * stride + j, stride},
                  height, std::min(kColumns, n_ - j));
      }
}

#else

CachedFactor::CachedFactor(MatrixView b, int64_t k, int64_t n, float*) : b_(b), k_(k), n_(n), panels_(nullptr) {}

void CachedFactor::multiply(int64_t m, float alpha, MatrixView a, bool add, float* c, int64_t stride) const {
  by_blas(m, n_, k_, alpha, a, b_, add, c, stride);
}

#endif

}  // namespace asterism::nn
