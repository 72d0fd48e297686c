#include "tokenizers/aion/latent_grid.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::tokenizers::aion {
namespace {

TEST(LatentGrid, StraightLinesBetweenAndNothingBeyond) {
  const auto x = at::tensor({1.0f, 2.0f, 4.0f}).unsqueeze(0);
  const auto values = at::tensor({10.0f, 20.0f, 0.0f, 1.0f, 1.0f, 3.0f}).view({1, 2, 3});
  const auto onto = at::tensor({0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 4.5f});
  const auto out = interpolate(x, values, onto);
  EXPECT_TRUE(at::allclose(out[0][0], at::tensor({0.0f, 10.0f, 15.0f, 20.0f, 10.0f, 0.0f, 0.0f})));
  EXPECT_TRUE(at::allclose(out[0][1], at::tensor({0.0f, 1.0f, 1.0f, 1.0f, 2.0f, 3.0f, 0.0f})));
  EXPECT_TRUE(at::equal(interpolate(x, values, onto.unsqueeze(0)), out));
}

TEST(LatentGrid, RowsOfTheirOwnLength) {
  const auto x = at::tensor({1.0f, 2.0f, 0.0f, 1.0f, 2.0f, 3.0f}).view({2, 3});
  const auto values = at::tensor({1.0f, 3.0f, 99.0f, 1.0f, 3.0f, 5.0f}).view({2, 1, 3});
  const auto out = interpolate(x, values, at::tensor({1.5f, 2.5f}), {2, 3});
  EXPECT_TRUE(at::allclose(out.flatten(), at::tensor({2.0f, 0.0f, 2.0f, 4.0f})));
  EXPECT_THROW(interpolate(x, values, at::tensor({1.5f}), {1, 3}), base::UserError);
}

TEST(LatentGrid, OntoItsOwnPlacesIsIdentity) {
  const auto x = at::cumsum(at::rand({3, 50}) + 0.1, 1);
  const auto values = at::randn({3, 2, 50});
  EXPECT_TRUE(at::allclose(interpolate(x, values, x), values, 1e-4, 1e-4));
}

}  // namespace
}  // namespace asterism::tokenizers::aion
