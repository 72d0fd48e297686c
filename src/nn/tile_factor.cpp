#include "nn/tile_factor.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "nn/avx512.h"
#include "nn/matrix_tiles.h"
#include "nn/tile_layout.h"
#include "nn/tile_product.h"

namespace asterism::nn {
namespace {

#if defined(__x86_64__)

__mmask16 first_of_16(int64_t n) { return n >= 16 ? __mmask16(0xffff) : __mmask16((1U << n) - 1); }

// sums [32, 32] -> c [m, n] = alpha sums, or that added.
ASTERISM_AVX512 void deliver(const float* sums, int64_t m, int64_t n, float alpha, bool add, float* c, int64_t stride) {
  const __m512 by = _mm512_set1_ps(alpha);
  for (int64_t j = 0; j < n; j += kTileSide) {
    const __mmask16 there = first_of_16(n - j);
    for (int64_t i = 0; i < m; ++i) {
      float* to = c + i * stride + j;
      const __m512 before = add ? _mm512_maskz_loadu_ps(there, to) : _mm512_setzero_ps();
      _mm512_mask_storeu_ps(to, there, _mm512_fmadd_ps(by, _mm512_load_ps(sums + i * 2 * kTileSide + j), before));
    }
  }
}

#else

void deliver(const float*, int64_t, int64_t, float, bool, float*, int64_t) {}

#endif

}  // namespace

bool TileFactor::available() { return has_matrix_tiles(); }

int64_t TileFactor::room(int64_t k, int64_t n) {
  return (tile_sides(n) * tile_inners(k) * kTileNumbers + kTileInner) / 2 + kTileSide;
}

TileFactor::TileFactor(MatrixView b, int64_t k, int64_t n, float* room) : k_(k), n_(n) {
  ASTERISM_CHECK(available(), "no tiles on this processor");
  auto* tiles = reinterpret_cast<uint16_t*>(on_a_line(room));
  lay_out_tiles(b.transposed(), n, k, true, tiles);
  tiles_ = tiles;
}

void TileFactor::multiply(int64_t m, float alpha, MatrixView a, bool add, float* c, int64_t stride) const {
  static thread_local std::vector<uint16_t> rows;
  const int64_t steps = tile_inners(k_);
  rows.resize(std::max(rows.size(), size_t(tile_sides(m) * steps * kTileNumbers + kTileInner)));
  uint16_t* left = on_a_line(rows.data());
  lay_out_tiles(a, m, k_, false, left);
  alignas(64) float sums[4 * kTileSide * kTileSide];
  for (int64_t j = 0; j < n_; j += 2 * kTileSide)
    for (int64_t i = 0; i < m; i += 2 * kTileSide) {
      const TileBlock block{left + i * steps * kTileInner,
                            tiles_ + j * steps * kTileInner,
                            steps,
                            steps * kTileNumbers,
                            steps * kTileNumbers,
                            false,
                            sums,
                            2 * kTileSide};
      tile_product(block, m - i > kTileSide, n_ - j > kTileSide);
      deliver(sums, std::min(2 * kTileSide, m - i), std::min(2 * kTileSide, n_ - j), alpha, add, c + i * stride + j,
              stride);
    }
}

}  // namespace asterism::nn
