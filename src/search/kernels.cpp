// One struct for each instruction set; kernels_of() makes the table entry of any of them.
#include "search/kernels.h"

#include <array>
#include <utility>
#include <vector>

#include "base/processor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The sums of a tile must live in registers, so loops over them have to be unrolled whole.
#if defined(__clang__)
#define ASTERISM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define ASTERISM_UNROLL _Pragma("GCC unroll 16")
#endif

namespace asterism::search {
namespace {

template <size_t kRows>
void pack_one_by_one(const float* const* rows, size_t count, size_t d, float* packed) {
  for (size_t j = 0; j < kRows; ++j)
    for (size_t i = 0; i < d; ++i) packed[i * kRows + j] = j < count ? rows[j][i] : 0.0F;
}

// Any processor: 4 x 8, left to the compiler's own vectors.
struct Portable {
  static constexpr size_t kMostQueries = 4, kRows = 8;

  static void pack(const float* const* rows, size_t count, size_t d, float* packed) {
    pack_one_by_one<kRows>(rows, count, d, packed);
  }

  template <bool kDistance, size_t kQueries>
  static void tile(size_t d, const float* queries, const float* rows, float* out) {
    float sums[kQueries][kRows] = {};
    for (size_t i = 0; i < d; ++i, queries += kQueries, rows += kRows)
      for (size_t q = 0; q < kQueries; ++q)
        for (size_t r = 0; r < kRows; ++r) {
          const float difference = queries[q] - rows[r];
          sums[q][r] += kDistance ? difference * difference : queries[q] * rows[r];
        }
    for (size_t q = 0; q < kQueries; ++q)
      for (size_t r = 0; r < kRows; ++r) out[q * kRows + r] = kDistance ? -sums[q][r] : sums[q][r];
  }

  template <bool kDistance>
  static float pair(const float* a, const float* b, size_t d) {
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
};

#if defined(__x86_64__)
#define ASTERISM_AVX2 __attribute__((target("avx2,fma")))
#define ASTERISM_AVX512 __attribute__((target("avx512f,avx2,fma")))

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

template <size_t kRows>
ASTERISM_AVX2 void pack_by_transposes(const float* const* rows, size_t count, size_t d, float* packed) {
  if (count < kRows) return pack_one_by_one<kRows>(rows, count, d, packed);
  size_t i = 0;
  for (; i + 8 <= d; i += 8)
    for (size_t j = 0; j < kRows; j += 8) transpose_8x8(rows + j, i, packed + i * kRows + j, kRows);
  for (; i < d; ++i)
    for (size_t j = 0; j < kRows; ++j) packed[i * kRows + j] = rows[j][i];
}

// AVX2 and FMA: 6 x 16, whose sums take 12 of the 16 registers.
struct Avx2 {
  static constexpr size_t kMostQueries = 6, kRows = 16;

  static void pack(const float* const* rows, size_t count, size_t d, float* packed) {
    pack_by_transposes<kRows>(rows, count, d, packed);
  }

  template <bool kDistance, size_t kQueries>
  ASTERISM_AVX2 static void tile(size_t d, const float* queries, const float* rows, float* out) {
    __m256 left[kQueries], right[kQueries];
    ASTERISM_UNROLL
    for (size_t q = 0; q < kQueries; ++q) left[q] = right[q] = _mm256_setzero_ps();
    for (size_t i = 0; i < d; ++i, queries += kQueries, rows += kRows) {
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
      _mm256_store_ps(out + q * kRows, left[q]);
      _mm256_store_ps(out + q * kRows + 8, right[q]);
    }
  }

  template <bool kDistance>
  ASTERISM_AVX2 static float pair(const float* a, const float* b, size_t d) {
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
    const __m256 folded = _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]));
    float lane[8];
    _mm256_storeu_ps(lane, folded);
    float sum = ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
    for (; i < d; ++i) sum += kDistance ? (a[i] - b[i]) * (a[i] - b[i]) : a[i] * b[i];
    return kDistance ? -sum : sum;
  }
};

// AVX-512: 12 x 32, whose sums take 24 of the 32 registers.
struct Avx512 : Avx2 {
  static constexpr size_t kMostQueries = 12, kRows = 32;

  static void pack(const float* const* rows, size_t count, size_t d, float* packed) {
    pack_by_transposes<kRows>(rows, count, d, packed);
  }

  template <bool kDistance, size_t kQueries>
  ASTERISM_AVX512 static void tile(size_t d, const float* queries, const float* rows, float* out) {
    __m512 left[kQueries], right[kQueries];
    ASTERISM_UNROLL
    for (size_t q = 0; q < kQueries; ++q) left[q] = right[q] = _mm512_setzero_ps();
    for (size_t i = 0; i < d; ++i, queries += kQueries, rows += kRows) {
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
      _mm512_store_ps(out + q * kRows, left[q]);
      _mm512_store_ps(out + q * kRows + 16, right[q]);
    }
  }
};
#endif

// A tile of fewer queries than the most is a function of its own; m picks it from a table.
template <class Set, bool kDistance, size_t... kIndex>
constexpr auto tiles_of(std::index_sequence<kIndex...>) {
  return std::array{&Set::template tile<kDistance, kIndex + 1>...};
}
template <class Set, bool kDistance>
void tile_of_any_size(size_t m, size_t d, const float* queries, const float* rows, float* out) {
  static constexpr auto kTiles = tiles_of<Set, kDistance>(std::make_index_sequence<Set::kMostQueries>{});
  kTiles[m - 1](d, queries, rows, out);
}

template <class Set>
constexpr Kernels kernels_of(std::string_view name) {
  return {name,
          Set::kMostQueries,
          Set::kRows,
          Set::pack,
          tile_of_any_size<Set, false>,
          tile_of_any_size<Set, true>,
          Set::template pair<false>,
          Set::template pair<true>};
}

}  // namespace

std::span<const Kernels> runnable_kernels() {
  static const std::vector<Kernels> all = [] {
    std::vector<Kernels> found = {kernels_of<Portable>("portable")};
#if defined(__x86_64__)
    if (base::has_avx2()) found.push_back(kernels_of<Avx2>("avx2"));
    if (base::has_avx2() && base::has_avx512f()) found.push_back(kernels_of<Avx512>("avx512"));
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
