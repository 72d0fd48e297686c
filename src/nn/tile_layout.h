#pragma once
// How matrices of floats lie for products by tiles (matrix_tiles.h) in bfloat16: cut into tiles of sixteen rows by 32
// numbers, each on a line of the cache and without gaps, zeros beyond the edges.

#include <cstdint>

#include "nn/cached_factor.h"

namespace asterism::nn {

constexpr int64_t kTileSide = 16;   // rows of a tile
constexpr int64_t kTileInner = 32;  // numbers of bfloat16 in each
constexpr int64_t kTileNumbers = kTileSide * kTileInner;

inline int64_t tile_sides(int64_t n) { return (n + kTileSide - 1) / kTileSide; }
inline int64_t tile_inners(int64_t k) { return (k + kTileInner - 1) / kTileInner; }

// x [rows, inner], one of whose strides is 1, as tile_sides(rows) times tile_inners(inner) tiles: those of the first
// sixteen rows one after the other, then those of the next. Of a left factor these are its rows, and those of the tile.
// Of a right one they are its columns: each row of the tile has two numbers of all sixteen.
void lay_out_tiles(MatrixView x, int64_t rows, int64_t inner, bool right, uint16_t* to);

// The next line of the cache.
template <class Number>
Number* on_a_line(Number* p) {
  return reinterpret_cast<Number*>((reinterpret_cast<uintptr_t>(p) + 63) & ~uintptr_t(63));
}

}  // namespace asterism::nn
