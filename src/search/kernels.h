#pragma once
// The arithmetic of search: many dot products or squared distances at once, in the widest vectors the processor has.
//
// The blocking is that of Goto & van de Geijn (2008, "Anatomy of high-performance matrix multiplication"), without its
// outermost loops: mr queries and nr rows are packed side by side, number by number, and one tile of mr x nr results
// stays in registers while the packed numbers stream by. Each result is one sum in the order of the dimensions, so it
// has the same bits whatever the batch, the tile or the thread.

#include <cstddef>
#include <span>
#include <string_view>

namespace asterism::search {

struct Kernels {
  std::string_view name;
  size_t mr, nr;  // queries and rows in a full tile

  // packed [d, nr] from nr rows of d numbers each; count <= nr, the places of missing rows hold zeros.
  void (*pack_rows)(const float* const* rows, size_t count, size_t d, float* packed);

  // tile [m, nr] of nearness, m <= mr: the inner product, or minus the squared distance, of each packed query with each
  // packed row. queries [d, m], rows [d, nr], both 64-byte aligned at their start.
  using Tile = void (*)(size_t m, size_t d, const float* queries, const float* rows, float* tile);
  Tile inner_products;
  Tile minus_distances;

  // The same for one pair; the sum is taken in another order, so the last bits may differ from a tile's.
  using Pair = float (*)(const float* a, const float* b, size_t d);
  Pair inner_product;
  Pair minus_distance;
};

// The widest that this processor runs.
const Kernels& kernels();

// All that this processor runs, the portable one first.
std::span<const Kernels> runnable_kernels();

inline constexpr size_t kMaxTile = 12 * 32;  // mr * nr of the largest kernel

}  // namespace asterism::search
