#include "models/repeated_rows.h"

#include <gtest/gtest.h>

#include "nn/device.h"

namespace asterism::models {
namespace {

TEST(RepeatedRows, AreThoseOfAnIndex) {
  const auto table = at::arange(6, at::kDouble).view({3, 2});
  const auto index = at::tensor({2, 0, 2, 2}, at::kLong);
  EXPECT_TRUE(at::equal(repeated_rows(table, index), table.index_select(0, index)));
}

TEST(RepeatedRows, OnGpuHaveTheSameGradient) {
  if (nn::gpus() == 0) GTEST_SKIP() << "no GPU";
  const auto device = nn::choose_device("cuda");
  const auto table = at::rand({5, 3, 4}), g = at::rand({40, 3, 4}), index = at::randint(0, 4, {40}, at::kLong);
  const auto here = table.clone().set_requires_grad(true), there = table.to(device).set_requires_grad(true);
  const auto made = repeated_rows(there, index.to(device));
  EXPECT_TRUE(at::equal(made.cpu(), table.index_select(0, index)));
  made.backward(g.to(device));
  here.index_select(0, index).backward(g);
  EXPECT_TRUE(at::allclose(there.grad().cpu(), here.grad(), 1e-4, 1e-5));
}

}  // namespace
}  // namespace asterism::models
