#include "models/picked_rows.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::models {
namespace {

TEST(PickedRows, GoBackToTheirPlaces) {
  const auto x = at::arange(10, at::kDouble).view({5, 2});
  const PickedRows rows({3, 0, 4}, 5, at::kCPU);
  const auto some = rows.pick(x);
  EXPECT_TRUE(at::equal(some, x.index_select(0, at::tensor({3, 0, 4}, at::kLong))));
  const auto back = rows.spread(some);
  EXPECT_TRUE(at::equal(back, x * at::tensor({1.0, 0.0, 0.0, 1.0, 1.0}, at::kDouble).unsqueeze(1)));
}

TEST(PickedRows, HaveTheGradientsOfIndices) {
  const auto x = at::rand({5, 2}, at::kDouble).set_requires_grad(true), y = x.detach().clone().set_requires_grad(true);
  const auto g = at::rand({5, 2}, at::kDouble), index = at::tensor({3, 0, 4}, at::kLong);
  const PickedRows rows({3, 0, 4}, 5, at::kCPU);
  (rows.spread(rows.pick(x).square()) * g).sum().backward();
  (at::zeros({5, 2}, at::kDouble).index_add(0, index, y.index_select(0, index).square()) * g).sum().backward();
  EXPECT_TRUE(at::allclose(x.grad(), y.grad()));
}

TEST(PickedRows, NoneIsPickedTwice) { EXPECT_THROW(PickedRows({1, 1}, 3, at::kCPU), base::CheckError); }

}  // namespace
}  // namespace asterism::models
