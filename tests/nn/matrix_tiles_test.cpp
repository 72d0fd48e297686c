#include "nn/matrix_tiles.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace asterism::nn {
namespace {

// libtorch multiplies bfloat16 by tiles as well, of a layout of its own: neither must find the other's.
TEST(MatrixTiles, LeaveThoseOfLibtorchAlone) {
  const auto a = at::randn({40, 70}).to(at::kBFloat16), b = at::randn({70, 33}).to(at::kBFloat16);
  const auto before = at::mm(a, b);
  {
    const WholeTiles tiles;
    EXPECT_TRUE(at::equal(at::mm(a, b), before));
  }
  EXPECT_TRUE(at::equal(at::mm(a, b), before));
}

TEST(MatrixTiles, AreAlwaysThereOrNever) {
  const bool has = has_matrix_tiles();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(has_matrix_tiles(), has);
}

}  // namespace
}  // namespace asterism::nn
