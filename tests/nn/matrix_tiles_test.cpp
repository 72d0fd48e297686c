#include "nn/matrix_tiles.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "nn/tile_matrix.h"

namespace asterism::nn {
namespace {

// libtorch multiplies bfloat16 by tiles as well, of a layout of its own: neither must find the other's.
TEST(MatrixTiles, OursAndThoseOfLibtorchLeaveEachOtherAlone) {
  if (!has_matrix_tiles()) GTEST_SKIP() << "no matrix tiles";
  const auto a = at::randn({40, 70}).to(at::kBFloat16), b = at::randn({70, 33}).to(at::kBFloat16);
  const auto left = a.to(at::kFloat), right = b.to(at::kFloat);
  const auto ours = [&] {
    auto c = at::empty({40, 33});
    TileMatrix({right.const_data_ptr<float>(), 33}, 70, 33)
        .multiply(40, {left.const_data_ptr<float>(), 70}, nullptr, c.mutable_data_ptr<float>(), 33);
    return c;
  };
  const auto theirs = at::mm(a, b), first = ours();
  EXPECT_TRUE(at::allclose(first, at::mm(left, right), 1e-4, 1e-4));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(at::equal(at::mm(a, b), theirs));
    EXPECT_TRUE(at::equal(ours(), first));
  }
}

}  // namespace
}  // namespace asterism::nn
