#include "nn/scope.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "nn/linear.h"

namespace asterism::nn {
namespace {

TEST(Scope, FirstValuesDependOnSeedAndNameAlone) {
  Parameters a, b;
  const Scope in_a(a, 5), in_b(b, 5);
  Linear first(in_a / "head", 8, 4);
  Linear other(in_b / "before", 3, 3);  // made earlier: must change nothing
  Linear second(in_b / "head", 8, 4);
  EXPECT_TRUE(at::equal(first.weight, second.weight));
  Parameters c;
  EXPECT_FALSE(at::equal(first.weight, Linear(Scope(c, 6) / "head", 8, 4).weight));
  EXPECT_FALSE(at::equal(first.weight, Linear(Scope(c, 5) / "tail", 8, 4).weight));
}

TEST(Scope, NamesAreDotted) {
  Parameters p;
  const Scope scope(p);
  Linear(scope / "encoder" / 3 / "fc1", 2, 2, false);
  EXPECT_EQ(p.parameters().begin()->first, "encoder.3.fc1.weight");
  EXPECT_THROW(Linear(scope / "encoder" / 3 / "fc1", 2, 2, false), base::CheckError);
}

TEST(Scope, DrawsFollowTheirLaw) {
  const auto normal = initial_value({200, 100}, Init::normal(0.5), 1, "n");
  EXPECT_NEAR(normal.std().item<double>(), 0.5, 0.01);
  EXPECT_NEAR(normal.mean().item<double>(), 0, 0.015);
  const auto cut = initial_value({200, 100}, Init::truncated_normal(0.5), 1, "t");
  EXPECT_LE(cut.abs().max().item<double>(), 1.0);
  const auto flat = initial_value({200, 100}, Init::xavier(3, 3), 1, "u");
  EXPECT_LE(flat.abs().max().item<double>(), 1.0);
  EXPECT_NEAR(flat.var().item<double>(), 1.0 / 3, 0.01);
  EXPECT_TRUE(at::equal(initial_value({3}, Init::constant(2), 1, "c"), at::full({3}, 2.0)));
}

TEST(Scope, NothingIsDrawnWhileValuesFollow) {
  const base::TemporaryFolder folder;
  std::ofstream(folder / "file") << std::string(100, 'x');
  EXPECT_THROW(ValuesFollow(folder / "none"), base::DataError);
  Parameters p;
  const Scope scope(p);
  {
    const ValuesFollow follow(folder / "file");
    scope.parameter("a", {8, 8}, Init::ones());
    EXPECT_THROW(scope.parameter("b", {1 << 30, 1 << 30, 1 << 30}, Init::normal(1)), base::DataError);
    {
      const ValuesFollow inner(folder / "file");  // another file's
      scope.blank().parameter_parts("c", 3, {4, 4}, Init::zeros());
    }
    EXPECT_THROW(scope.blank().parameter("d", {37}, Init::zeros()), base::DataError);
  }
  EXPECT_TRUE(at::equal(scope.parameter("e", {200}, Init::ones()), at::ones({200})));
}

TEST(Scope, PartsStartAsMatricesOfTheirOwn) {
  Parameters p;
  const auto fused = Scope(p, 3).parameter_parts("qkv", 3, {4, 4}, Init::xavier(4, 4));
  EXPECT_EQ(fused.sizes(), at::IntArrayRef({12, 4}));
  EXPECT_FALSE(at::equal(fused.narrow(0, 0, 4), fused.narrow(0, 4, 4)));
  EXPECT_LE(fused.abs().max().item<double>(), std::sqrt(6.0 / 8));
}

}  // namespace
}  // namespace asterism::nn
