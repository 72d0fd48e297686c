#include "nn/tile_layout.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "nn/matrix_tiles.h"

namespace asterism::nn {
namespace {

// What lies at row r and inner number i, by the definition: of a right factor two numbers of all sixteen rows lie in a
// row of the tile.
uint16_t at_place(const uint16_t* tiles, int64_t r, int64_t i, int64_t inner, bool right) {
  const auto* tile = tiles + (r / kTileSide * tile_inners(inner) + i / kTileInner) * kTileNumbers;
  r %= kTileSide;
  i %= kTileInner;
  return right ? tile[i / 2 * kTileInner + 2 * r + i % 2] : tile[r * kTileInner + i];
}

TEST(TileLayout, HoldsEveryNumberInItsPlaceAndZerosBeyond) {
  if (!has_matrix_tiles()) GTEST_SKIP() << "no matrix tiles";
  for (const int64_t rows : {1, 15, 16, 33})
    for (const int64_t inner : {1, 2, 17, 32, 65})
      for (const bool right : {false, true})
        for (const bool across : {false, true}) {
          const auto wide = across ? at::randn({inner, rows + 3}) : at::randn({rows, inner + 3});
          const auto x = across ? wide.narrow(1, 1, rows).t() : wide.narrow(1, 1, inner);
          const int64_t height = tile_sides(rows) * kTileSide, length = tile_inners(inner) * kTileInner;
          const auto padded = at::zeros({height, length});
          padded.narrow(0, 0, rows).narrow(1, 0, inner).copy_(x);
          const auto wanted = padded.to(at::kBFloat16).view(at::kShort).contiguous();
          std::vector<uint16_t> memory(size_t(height * length + kTileInner), 0xffff);
          uint16_t* tiles = on_a_line(memory.data());
          lay_out_tiles({x.const_data_ptr<float>(), x.stride(0), x.stride(1)}, rows, inner, right, tiles);
          for (int64_t r = 0; r < height; ++r)
            for (int64_t i = 0; i < length; ++i)
              ASSERT_EQ(at_place(tiles, r, i, inner, right), uint16_t(wanted.const_data_ptr<int16_t>()[r * length + i]))
                  << rows << " x " << inner << (right ? " right" : " left") << ": " << r << ", " << i;
        }
}

}  // namespace
}  // namespace asterism::nn
