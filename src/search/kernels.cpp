#include "search/kernels.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The accumulators of a tile must live in registers, so loops over them have to be unrolled whole.
#if defined(__clang__)
#define ASTERISM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define ASTERISM_UNROLL _Pragma("GCC unroll 16")
#endif

namespace asterism::search {
namespace {

template <size_t kWidth>
void pack_rows_plainly(const float* const* rows, size_t count, size_t d, float* packed) {
  for (size_t j = 0; j < kWidth; ++j)
    for (size_t i = 0; i < d; ++i) packed[i * kWidth + j] = j < count ? rows[j][i] : 0.0F;
}

// ---- any processor: 4 x 8, left to the compiler's own vectors ----

constexpr size_t kPortableRows = 8, kPortableQueries = 4;

template <bool kDistance, size_t kQueries>
void portable_tile(size_t d, const float* queries, const float* rows, float* tile) {
  float sums[kQueries][kPortableRows] = {};
  for (size_t i = 0; i < d; ++i, queries += kQueries, rows += kPortableRows)
    for (size_t q = 0; q < kQueries; ++q)
      for (size_t r = 0; r < kPortableRows; ++r) {
        const float difference = queries[q] - rows[r];
        sums[q][r] += kDistance ? difference * difference : queries[q] * rows[r];
      }
  for (size_t q = 0; q < kQueries; ++q)
    for (size_t r = 0; r < kPortableRows; ++r) tile[q * kPortableRows + r] = kDistance ? -sums[q][r] : sums[q][r];
}

template <bool kDistance>
float portable_pair(const float* a, const float* b, size_t d) {
  std::array<float, 8> sums{};  // one chain of additions would wait for itself
  const auto term = [](float x, float y) { return kDistance ? (x - y) * (x - y) : x * y; };
  size_t i = 0;
  for (; i + 8 <= d; i += 8)
    for (size_t lane = 0; lane < 8; ++lane) sums[lane] += term(a[i + lane], b[i + lane]);
  for (; i < d; ++i) sums[i % 8] += term(a[i], b[i]);
  float sum = 0;
  for (const float s : sums) sum += s;
  return kDistance ? -sum : sum;
}

#if defined(__x86_64__)
#define ASTERISM_AVX2 __attribute__((target("avx2,fma")))
#define ASTERISM_AVX512 __attribute__((target("avx512f,avx2,fma")))

// ---- AVX2 and FMA: 6 x 16, 12 accumulators of the 16 registers ----

constexpr size_t kAvx2Rows = 16, kAvx2Queries = 6;

template <bool kDistance, size_t kQueries>
ASTERISM_AVX2 void avx2_tile(size_t d, const float* queries, const float* rows, float* tile) {
  __m256 left[kQueries], right[kQueries];
  ASTERISM_UNROLL
  for (size_t q = 0; q < kQueries; ++q) left[q] = right[q] = _mm256_setzero_ps();
  for (size_t i = 0; i < d; ++i, queries += kQueries, rows += kAvx2Rows) {
    const __m256 x = _mm256_load_ps(rows), y = _mm256_load_ps(rows + 8);
    ASTERISM_UNROLL
    for (size_t q = 0; q < kQueries; ++q) {
      const __m256 a = _mm256_broadcast_ss(queries + q);
      if constexpr (kDistance) {
        const __m256 dx = _mm256_sub_ps(a, x), dy = _mm256_sub_ps(a, y);
        left[q] = _mm256_fnmadd_ps(dx, dx, left[q]);
        right[q] = _mm256_fnmadd_ps(dy, dy, right[q]);
      } else {
        left[q] = _mm256_fmadd_ps(a, x, left[q]);
        right[q] = _mm256_fmadd_ps(a, y, right[q]);
      }
    }
  }
  ASTERISM_UNROLL
  for (size_t q = 0; q < kQueries; ++q) {
    _mm256_store_ps(tile + q * kAvx2Rows, left[q]);
    _mm256_store_ps(tile + q * kAvx2Rows + 8, right[q]);
  }
}

template <bool kDistance>
ASTERISM_AVX2 float avx2_pair(const float* a, const float* b, size_t d) {
  __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
  size_t i = 0;
  for (; i + 32 <= d; i += 32) {
    ASTERISM_UNROLL
    for (size_t j = 0; j < 4; ++j) {
      const __m256 x = _mm256_loadu_ps(a + i + 8 * j), y = _mm256_loadu_ps(b + i + 8 * j);
      const __m256 difference = _mm256_sub_ps(x, y);
      sums[j] = kDistance ? _mm256_fmadd_ps(difference, difference, sums[j]) : _mm256_fmadd_ps(x, y, sums[j]);
    }
  }
  const __m256 four = _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]));
  float lanes[8];
  _mm256_storeu_ps(lanes, four);
  float sum = ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
  for (; i < d; ++i) sum += kDistance ? (a[i] - b[i]) * (a[i] - b[i]) : a[i] * b[i];
  return kDistance ? -sum : sum;
}

// Columns of 8 numbers from 8 rows: the 8 x 8 transpose in registers.
ASTERISM_AVX2 inline void transpose_8x8(const float* const* rows, size_t column, float* out, size_t stride) {
  __m256 r[8], t[8];
  ASTERISM_UNROLL
  for (size_t j = 0; j < 8; ++j) r[j] = _mm256_loadu_ps(rows[j] + column);
  ASTERISM_UNROLL
  for (size_t j = 0; j < 8; j += 2) {
    t[j] = _mm256_unpacklo_ps(r[j], r[j + 1]);
    t[j + 1] = _mm256_unpackhi_ps(r[j], r[j + 1]);
  }
  ASTERISM_UNROLL
  for (size_t j = 0; j < 8; j += 4) {
    r[j] = _mm256_shuffle_ps(t[j], t[j + 2], 0x44);
    r[j + 1] = _mm256_shuffle_ps(t[j], t[j + 2], 0xEE);
    r[j + 2] = _mm256_shuffle_ps(t[j + 1], t[j + 3], 0x44);
    r[j + 3] = _mm256_shuffle_ps(t[j + 1], t[j + 3], 0xEE);
  }
  ASTERISM_UNROLL
  for (size_t j = 0; j < 4; ++j) {
    _mm256_store_ps(out + j * stride, _mm256_permute2f128_ps(r[j], r[j + 4], 0x20));
    _mm256_store_ps(out + (j + 4) * stride, _mm256_permute2f128_ps(r[j], r[j + 4], 0x31));
  }
}

template <size_t kWidth>
ASTERISM_AVX2 void avx2_pack_rows(const float* const* rows, size_t count, size_t d, float* packed) {
  if (count < kWidth) return pack_rows_plainly<kWidth>(rows, count, d, packed);
  size_t i = 0;
  for (; i + 8 <= d; i += 8)
    for (size_t j = 0; j < kWidth; j += 8) transpose_8x8(rows + j, i, packed + i * kWidth + j, kWidth);
  for (; i < d; ++i)
    for (size_t j = 0; j < kWidth; ++j) packed[i * kWidth + j] = rows[j][i];
}

// ---- AVX-512: 12 x 32, 24 accumulators of the 32 registers ----

constexpr size_t kAvx512Rows = 32, kAvx512Queries = 12;

template <bool kDistance, size_t kQueries>
ASTERISM_AVX512 void avx512_tile(size_t d, const float* queries, const float* rows, float* tile) {
  __m512 left[kQueries], right[kQueries];
  ASTERISM_UNROLL
  for (size_t q = 0; q < kQueries; ++q) left[q] = right[q] = _mm512_setzero_ps();
  for (size_t i = 0; i < d; ++i, queries += kQueries, rows += kAvx512Rows) {
    const __m512 x = _mm512_load_ps(rows), y = _mm512_load_ps(rows + 16);
    ASTERISM_UNROLL
    for (size_t q = 0; q < kQueries; ++q) {
      const __m512 a = _mm512_set1_ps(queries[q]);
      if constexpr (kDistance) {
        const __m512 dx = _mm512_sub_ps(a, x), dy = _mm512_sub_ps(a, y);
        left[q] = _mm512_fnmadd_ps(dx, dx, left[q]);
        right[q] = _mm512_fnmadd_ps(dy, dy, right[q]);
      } else {
        left[q] = _mm512_fmadd_ps(a, x, left[q]);
        right[q] = _mm512_fmadd_ps(a, y, right[q]);
      }
    }
  }
  ASTERISM_UNROLL
  for (size_t q = 0; q < kQueries; ++q) {
    _mm512_store_ps(tile + q * kAvx512Rows, left[q]);
    _mm512_store_ps(tile + q * kAvx512Rows + 16, right[q]);
  }
}
#endif

// A tile of fewer queries than the kernel's is a kernel of its own: m picks it from a table.
using FixedTile = void (*)(size_t d, const float* queries, const float* rows, float* tile);

#define ASTERISM_TILE_OF(name, function, most)                                                      \
  template <bool kDistance, size_t... kIndex>                                                       \
  constexpr std::array<FixedTile, sizeof...(kIndex)> name##_table(std::index_sequence<kIndex...>) { \
    return {function<kDistance, kIndex + 1>...};                                                    \
  }                                                                                                 \
  template <bool kDistance>                                                                         \
  void name(size_t m, size_t d, const float* queries, const float* rows, float* tile) {             \
    static constexpr auto kTable = name##_table<kDistance>(std::make_index_sequence<most>{});       \
    kTable[m - 1](d, queries, rows, tile);                                                          \
  }

ASTERISM_TILE_OF(any_portable_tile, portable_tile, kPortableQueries)
constexpr Kernels kPortable = {"portable",
                               kPortableQueries,
                               kPortableRows,
                               pack_rows_plainly<kPortableRows>,
                               any_portable_tile<false>,
                               any_portable_tile<true>,
                               portable_pair<false>,
                               portable_pair<true>};

#if defined(__x86_64__)
ASTERISM_TILE_OF(any_avx2_tile, avx2_tile, kAvx2Queries)
ASTERISM_TILE_OF(any_avx512_tile, avx512_tile, kAvx512Queries)
constexpr Kernels kAvx2 = {
    "avx2",           kAvx2Queries,   kAvx2Rows, avx2_pack_rows<kAvx2Rows>, any_avx2_tile<false>, any_avx2_tile<true>,
    avx2_pair<false>, avx2_pair<true>};
constexpr Kernels kAvx512 = {"avx512",
                             kAvx512Queries,
                             kAvx512Rows,
                             avx2_pack_rows<kAvx512Rows>,
                             any_avx512_tile<false>,
                             any_avx512_tile<true>,
                             avx2_pair<false>,
                             avx2_pair<true>};
#endif

}  // namespace

std::span<const Kernels> runnable_kernels() {
  static const std::vector<Kernels> all = [] {
    std::vector<Kernels> found = {kPortable};
#if defined(__x86_64__)
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx2) found.push_back(kAvx2);
    if (avx2 && __builtin_cpu_supports("avx512f")) found.push_back(kAvx512);
#endif
    return found;
  }();
  return all;
}

const Kernels& kernels() {
  static const Kernels& widest = runnable_kernels().back();
  return widest;
}

}  // namespace asterism::search
