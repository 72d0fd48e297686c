#include "nn/tile_product.h"

#include "nn/tile_layout.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define ASTERISM_TILES __attribute__((target("amx-tile,amx-bf16")))
#endif

namespace asterism::nn {
namespace {

#if defined(__x86_64__)

template <bool tall, bool wide>
ASTERISM_TILES void meet(const TileBlock& t) {
  constexpr int64_t kLine = 64;  // bytes
  const uint16_t *a = t.left, *below = a + t.left_apart, *b = t.right, *beside = b + t.right_apart;
  const int64_t row = t.stride * int64_t(sizeof(float));
  if (t.add) {
    _tile_loadd(0, t.sums, row);
    if (wide) _tile_loadd(1, t.sums + kTileSide, row);
    if (tall) _tile_loadd(2, t.sums + kTileSide * t.stride, row);
    if (tall && wide) _tile_loadd(3, t.sums + kTileSide * t.stride + kTileSide, row);
  } else {
    _tile_zero(0);
    if (wide) _tile_zero(1);
    if (tall) _tile_zero(2);
    if (tall && wide) _tile_zero(3);
  }
  for (int64_t s = 0; s < t.steps * kTileNumbers; s += kTileNumbers) {
    _tile_loadd(4, a + s, kLine);
    _tile_loadd(6, b + s, kLine);
    _tile_dpbf16ps(0, 4, 6);
    if (wide) {
      _tile_loadd(7, beside + s, kLine);
      _tile_dpbf16ps(1, 4, 7);
    }
    if (tall) {
      _tile_loadd(5, below + s, kLine);
      _tile_dpbf16ps(2, 5, 6);
    }
    if (tall && wide) _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, t.sums, row);
  if (wide) _tile_stored(1, t.sums + kTileSide, row);
  if (tall) _tile_stored(2, t.sums + kTileSide * t.stride, row);
  if (tall && wide) _tile_stored(3, t.sums + kTileSide * t.stride + kTileSide, row);
}

#else

template <bool tall, bool wide>
void meet(const TileBlock&) {}

#endif

using Meet = void (*)(const TileBlock&);
constexpr Meet kMeet[2][2] = {{meet<false, false>, meet<false, true>}, {meet<true, false>, meet<true, true>}};

}  // namespace

void tile_product(const TileBlock& block, bool tall, bool wide) { kMeet[tall][wide](block); }

}  // namespace asterism::nn
