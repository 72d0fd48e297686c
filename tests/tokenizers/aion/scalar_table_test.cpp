#include "tokenizers/aion/scalar_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace asterism::tokenizers::aion {
namespace {

TEST(ScalarTable, CodesRoundUpAndTheLastEdgeIsNone) {
  const auto table = at::tensor({0.0f, 1.0f, 2.0f, 5.0f});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto ids = table_codes(at::tensor({-9.0f, 0.0f, 0.5f, 1.0f, 2.0f, 2.5f, 99.0f, nan}), table);
  EXPECT_TRUE(at::equal(ids, at::tensor({0, 0, 1, 1, 2, 3, 3, 3}, at::kLong)));
}

TEST(ScalarTable, OnlyValuesOnAnEdgeAreInDoubt) {
  const auto table = at::tensor({0.0f, 1.0f, 2.0f});
  const float above = std::nextafter(1.0f, 2.0f);
  const auto doubt = near_an_edge(at::tensor({0.5f, 1.0f, above, std::nextafter(above, 2.0f)}), table);
  EXPECT_TRUE(at::equal(doubt, at::tensor({0, 1, 1, 0}, at::kByte).to(at::kBool)));
}

TEST(ScalarTable, QuantilesOfASample) {
  const auto table = quantile_table(at::tensor({4.0f, 0.0f, 1.0f, 3.0f, 2.0f}), 9);
  EXPECT_TRUE(at::allclose(table, at::arange(9, at::kFloat) * 0.5));
  EXPECT_TRUE(at::allclose(quantile_table(at::tensor({7.0f}), 3), at::full({3}, 7.0f)));
}

TEST(ScalarTable, FunctionsByName) {
  check_functions({"arcsinh", "log1p", "rad2deg"});
  const auto x = at::tensor({0.5f, 3.0f});
  EXPECT_TRUE(at::allclose(apply_functions({"arcsinh", "arcsinh"}, x), at::asinh(at::asinh(x))));
  EXPECT_TRUE(at::allclose(apply_functions({}, x), x));
  const auto small = at::tensor({-0.5f, 0.25f});
  EXPECT_TRUE(at::allclose(apply_functions({"sin", "arcsin"}, small), small));
  EXPECT_TRUE(at::allclose(apply_functions({"deg2rad"}, at::tensor({180.0f})), at::tensor({3.14159265f})));
  EXPECT_THAT([] { check_functions({"arcsinn"}); },
              testing::ThrowsMessage<base::UserError>(testing::HasSubstr("'arcsin'")));
}

TEST(ScalarTable, StepsAreThoseUpToEachEntry) {
  const auto steps = table_steps(at::tensor({0.0, 0.0, 2.0, 2.0, 5.0}));
  EXPECT_TRUE(at::equal(steps, at::tensor({2.0, 2.0, 2.0, 2.0, 3.0})));
  EXPECT_TRUE(at::equal(table_steps(at::full({3}, 4.0)), at::ones({3})));
}

}  // namespace
}  // namespace asterism::tokenizers::aion
