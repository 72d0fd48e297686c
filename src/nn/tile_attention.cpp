#include "nn/tile_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "nn/avx512.h"
#include "nn/matrix_tiles.h"
#include "nn/tile_layout.h"
#include "nn/tile_product.h"

namespace asterism::nn {
namespace {

constexpr int64_t kRows = 2 * kTileSide;  // of queries at a time

struct RowOfSums {
  float largest, of_exp;
};

#if defined(__x86_64__)

// 2^x to 3e-6 of itself; 0 far below, NaN of NaN. The polynomial is that of least relative error on [-1/2, 1/2].
ASTERISM_AVX512_INLINE __m512 power_of_two(__m512 x) {
  const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 rest = _mm512_sub_ps(x, whole);
  __m512 y = _mm512_set1_ps(9.58285e-3F);
  y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(5.590642e-2F));
  y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(2.4024099e-1F));
  y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(6.9312419e-1F));
  y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(1.0F));
  return _mm512_scalef_ps(y, whole);
}

// n scores, of which those of a whole step beyond them are there but mean nothing -> 2^(by (score - largest)) in
// bfloat16, 32 of them in a row of every tile; zeros beyond.
ASTERISM_AVX512 RowOfSums exponentials(const float* scores, int64_t n, float by, uint16_t* to) {
  const int64_t whole = n / kTileInner * kTileInner, rest = n - whole;
  const auto low = rest >= 16 ? __mmask16(0xffff) : __mmask16((1U << rest) - 1),
             high = rest > 16 ? __mmask16((1U << (rest - 16)) - 1) : __mmask16(0);
  const __m512 nothing = _mm512_set1_ps(-INFINITY);
  __m512 most[2] = {nothing, nothing};
  for (int64_t i = 0; i < whole; i += kTileInner)
    for (int h = 0; h < 2; ++h) most[h] = _mm512_max_ps(most[h], _mm512_loadu_ps(scores + i + 16 * h));
  most[0] = _mm512_mask_max_ps(most[0], low, most[0], _mm512_maskz_loadu_ps(low, scores + whole));
  most[1] = _mm512_mask_max_ps(most[1], high, most[1], _mm512_maskz_loadu_ps(high, scores + whole + 16));
  const float largest = _mm512_reduce_max_ps(_mm512_max_ps(most[0], most[1]));
  const __m512 factor = _mm512_set1_ps(by), shift = _mm512_set1_ps(largest);
  __m512 sum[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  int64_t i = 0;
  for (; i < whole; i += kTileInner, to += kTileNumbers) {
    __m512 e[2];
    for (int h = 0; h < 2; ++h) {
      e[h] = power_of_two(_mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(scores + i + 16 * h), shift), factor));
      sum[h] = _mm512_add_ps(sum[h], e[h]);
    }
    _mm512_store_si512(to, __m512i(_mm512_cvtne2ps_pbh(e[1], e[0])));
  }
  if (rest > 0) {
    const auto part = [&](__mmask16 there, int64_t at) ASTERISM_AVX512 {
      const __m512 x = _mm512_mul_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(there, scores + at), shift), factor);
      return _mm512_maskz_mov_ps(there, power_of_two(x));
    };
    const __m512 e0 = part(low, i), e1 = part(high, i + 16);
    sum[0] = _mm512_add_ps(sum[0], e0);
    sum[1] = _mm512_add_ps(sum[1], e1);
    _mm512_store_si512(to, __m512i(_mm512_cvtne2ps_pbh(e1, e0)));
  }
  return {largest, _mm512_reduce_add_ps(_mm512_add_ps(sum[0], sum[1]))};
}

ASTERISM_AVX512 void times(const float* x, int64_t n, float by, float* to) {
  for (int64_t i = 0; i < n; i += 16) {
    const auto there = n - i >= 16 ? __mmask16(0xffff) : __mmask16((1U << (n - i)) - 1);
    _mm512_mask_storeu_ps(to + i, there, _mm512_mul_ps(_mm512_maskz_loadu_ps(there, x + i), _mm512_set1_ps(by)));
  }
}

#else

RowOfSums exponentials(const float*, int64_t, float, uint16_t*) { return {}; }
void times(const float*, int64_t, float, float*) {}

#endif

// Where a thread works: tiles of keys, values, queries and probabilities, and sums.
struct Room {
  std::vector<uint16_t> tiles;
  std::vector<float> sums;
  uint16_t* key;
  uint16_t* value;
  uint16_t* query;
  uint16_t* probability;
  float* scores;
  float* result;

  void make(int64_t along_d, int64_t along_keys, int64_t wide_d) {
    const int64_t keys = 2 * along_keys * along_d, values = wide_d * along_keys, queries = 2 * along_d,
                  probabilities = 2 * along_keys;
    const auto wanted = size_t((keys + values + queries + probabilities) * kTileNumbers + kTileInner);
    if (tiles.size() < wanted) tiles.resize(wanted);
    key = on_a_line(tiles.data());
    value = key + keys * kTileNumbers;
    query = value + values * kTileNumbers;
    probability = query + queries * kTileNumbers;
    const auto numbers = size_t(kRows * (along_keys * kTileInner + wide_d * kTileSide) + kTileSide);
    if (sums.size() < numbers) sums.resize(numbers);
    scores = on_a_line(sums.data());
    result = scores + kRows * along_keys * kTileInner;
  }
};

// left [rows, steps] by `panels` columns of tiles -> sums, rows of 16 panels.
void multiply(const uint16_t* left, bool tall, const uint16_t* right, int64_t panels, int64_t steps, float* sums) {
  for (int64_t p = 0; p < panels; p += 2) {
    const TileBlock block{left,
                          right + p * steps * kTileNumbers,
                          steps,
                          steps * kTileNumbers,
                          steps * kTileNumbers,
                          false,
                          sums + p * kTileSide,
                          panels * kTileSide};
    tile_product(block, tall, p + 1 < panels);
  }
}

}  // namespace

void attend_by_tiles(const TileHead& head) {
  static thread_local Room room;
  ASTERISM_CHECK(has_matrix_tiles() && head.keys > 0, "{} keys for tiles", head.keys);
  const int64_t along_d = tile_inners(head.d), along_keys = tile_inners(head.keys), panels = 2 * along_keys,
                wide_d = tile_sides(head.d), width = panels * kTileSide, result_width = wide_d * kTileSide;
  room.make(along_d, along_keys, wide_d);
  lay_out_tiles(head.k, head.keys, head.d, true, room.key);
  const int64_t laid = tile_sides(head.keys) * along_d;
  std::fill(room.key + laid * kTileNumbers, room.key + panels * along_d * kTileNumbers, uint16_t(0));
  lay_out_tiles(head.v.transposed(), head.d, head.keys, true, room.value);
  const float scale = 1 / std::sqrt(float(head.d)), by = scale * 1.44269504F;
  for (int64_t first = 0; first < head.queries; first += kRows) {
    const int64_t rows = std::min(kRows, head.queries - first);
    const bool tall = rows > kTileSide;
    lay_out_tiles(head.q.from(first), rows, head.d, false, room.query);
    multiply(room.query, tall, room.key, panels, along_d, room.scores);
    float inverse[kRows];
    for (int64_t r = 0; r < rows; ++r) {
      uint16_t* to = room.probability + r / kTileSide * along_keys * kTileNumbers + r % kTileSide * kTileInner;
      const auto sum = exponentials(room.scores + r * width, head.keys, by, to);
      inverse[r] = 1 / sum.of_exp;
      if (head.lse != nullptr) head.lse[first + r] = sum.largest * scale + std::log(sum.of_exp);
    }
    multiply(room.probability, tall, room.value, wide_d, along_keys, room.result);
    for (int64_t r = 0; r < rows; ++r)
      times(room.result + r * result_width, head.d, inverse[r], head.out + (first + r) * head.stride);
  }
}

}  // namespace asterism::nn
