#include "nn/gpu_norm.h"

#include <gtest/gtest.h>

#include "tests/nn/on_gpu.h"

namespace asterism::nn {
namespace {

TEST(GpuNorm, IsForGpusAlone) {
  Parameters parameters;
  const LayerNorm norm(Scope(parameters, 3), 64);
  const auto x = narrowed(some({4, 64}, 1));
  EXPECT_FALSE(fits_norm(x, norm));
  EXPECT_FALSE(have_norm(x));
}

TEST(GpuNorm, KeepsRoomWhereAGradientIsWanted) {
  const auto x = some({3, 5, 64}, 1);
  EXPECT_EQ(room_for_stats(x, true).sizes(), at::IntArrayRef({15, 2}));
  EXPECT_FALSE(room_for_stats(x, false).defined());
}

}  // namespace
}  // namespace asterism::nn
