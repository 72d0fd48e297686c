#include "nn/tile_product.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "nn/matrix_tiles.h"
#include "nn/tile_layout.h"

namespace asterism::nn {
namespace {

TEST(TileProduct, IsTheProductAndWritesNothingBeside) {
  if (!has_matrix_tiles()) GTEST_SKIP() << "no matrix tiles";
  for (const bool tall : {false, true})
    for (const bool wide : {false, true}) {
      constexpr int64_t k = 96, stride = 40;
      const int64_t m = tall ? 32 : 16, n = wide ? 32 : 16;
      const auto a = at::randn({m, k}).to(at::kBFloat16).to(at::kFloat),
                 b = at::randn({n, k}).to(at::kBFloat16).to(at::kFloat);
      std::vector<uint16_t> left(size_t(m * k + kTileInner)), right(size_t(n * k + kTileInner));
      uint16_t *l = on_a_line(left.data()), *r = on_a_line(right.data());
      lay_out_tiles({a.const_data_ptr<float>(), k}, m, k, false, l);
      lay_out_tiles({b.const_data_ptr<float>(), k}, n, k, true, r);
      auto c = at::full({32, stride}, 7.0F);
      {
        const WholeTiles tiles;
        constexpr int64_t steps = k / kTileInner, apart = steps * kTileNumbers;
        tile_product({l, r, steps, apart, apart, false, c.mutable_data_ptr<float>(), stride}, tall, wide);
        tile_product({l, r, steps, apart, apart, true, c.mutable_data_ptr<float>(), stride}, tall, wide);
      }
      const auto block = c.narrow(0, 0, m).narrow(1, 0, n);
      EXPECT_TRUE(at::allclose(block, at::mm(a, b.t()) * 2, 1e-5, 1e-4));
      block.fill_(7);
      EXPECT_TRUE(c.eq(7).all().item<bool>()) << "beside";
    }
}

}  // namespace
}  // namespace asterism::nn
