#include "nn/tile_layout.h"

#include <algorithm>

#include "nn/avx512.h"

namespace asterism::nn {

#if defined(__x86_64__)

namespace {

__mmask16 first_of_16(int64_t n) {
  return n >= 16 ? __mmask16(0xffff) : __mmask16((1U << std::max<int64_t>(n, 0)) - 1);
}

// Rows of sixteen pairs as columns of them.
ASTERISM_AVX512_INLINE void turn(__m512i (&x)[16]) {
  __m512i y[16];
  for (int i = 0; i < 16; i += 2) {
    y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
  }
  for (int i = 0; i < 16; i += 4)
    for (int half = 0; half < 2; ++half) {
      x[i + 2 * half] = _mm512_unpacklo_epi64(y[i + half], y[i + 2 + half]);
      x[i + 2 * half + 1] = _mm512_unpackhi_epi64(y[i + half], y[i + 2 + half]);
    }
  // x[4 q + c]: columns c, 4 + c, 8 + c and 12 + c of rows 4 q .. 4 q + 3
  for (int c = 0; c < 4; ++c)
    for (int half = 0; half < 2; ++half) {
      y[8 * half + c] = _mm512_shuffle_i32x4(x[8 * half + c], x[8 * half + 4 + c], 0x88);
      y[8 * half + 4 + c] = _mm512_shuffle_i32x4(x[8 * half + c], x[8 * half + 4 + c], 0xdd);
    }
  for (int c = 0; c < 4; ++c) {
    x[c] = _mm512_shuffle_i32x4(y[c], y[8 + c], 0x88);
    x[8 + c] = _mm512_shuffle_i32x4(y[c], y[8 + c], 0xdd);
    x[4 + c] = _mm512_shuffle_i32x4(y[4 + c], y[12 + c], 0x88);
    x[12 + c] = _mm512_shuffle_i32x4(y[4 + c], y[12 + c], 0xdd);
  }
}

// `rows` rows of `inner` numbers of x as a tile, zeros beyond: of a left factor, whose rows are those of the tile; of a
// right one, whose columns these are, each row of the tile two numbers of all sixteen.
ASTERISM_AVX512 void lay_out(MatrixView x, int64_t rows, int64_t inner, bool right, uint16_t* to) {
  __m512i tile[16];
  const bool along = x.column == 1;
  if (along) {
    const __mmask16 low = first_of_16(inner), high = first_of_16(inner - 16);
    for (int64_t r = 0; r < 16; ++r) {
      if (r >= rows) {
        tile[r] = _mm512_setzero_si512();
        continue;
      }
      const float* from = x.data + r * x.row;
      tile[r] = __m512i(_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, from + 16), _mm512_maskz_loadu_ps(low, from)));
    }
  } else {
    const __mmask16 there = first_of_16(rows);
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                           21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    for (int64_t p = 0; p < 16; ++p) {
      const float* from = x.data + 2 * p * x.column;
      const __m512 first = 2 * p < inner ? _mm512_maskz_loadu_ps(there, from) : _mm512_setzero_ps(),
                   second = 2 * p + 1 < inner ? _mm512_maskz_loadu_ps(there, from + x.column) : _mm512_setzero_ps();
      tile[p] = _mm512_permutexvar_epi16(order, __m512i(_mm512_cvtne2ps_pbh(second, first)));
    }
  }
  if (along == right) turn(tile);
  for (int64_t r = 0; r < 16; ++r) _mm512_store_si512(to + r * kTileInner, tile[r]);
}

}  // namespace

void lay_out_tiles(MatrixView x, int64_t rows, int64_t inner, bool right, uint16_t* to) {
  for (int64_t r = 0; r < rows; r += kTileSide)
    for (int64_t i = 0; i < inner; i += kTileInner, to += kTileNumbers)
      lay_out({x.data + r * x.row + i * x.column, x.row, x.column}, std::min(kTileSide, rows - r),
              std::min(kTileInner, inner - i), right, to);
}

#else

void lay_out_tiles(MatrixView, int64_t, int64_t, bool, uint16_t*) {}

#endif

}  // namespace asterism::nn
