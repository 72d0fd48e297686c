#include "infer/verify/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace asterism::infer {
namespace {

using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor numbers(const std::vector<double>& values) { return at::tensor(values, at::kDouble); }

TEST(Comparison, NothingComparedHasNotPassed) { EXPECT_FALSE(Comparison().passed()); }

TEST(Comparison, CloseTakesAbsoluteAndRelativeTogether) {
  Comparison comparison;
  comparison.close("a", numbers({1.05, 10.9}), numbers({1, 10}), 0.01, 0.1);
  EXPECT_TRUE(comparison.passed());
  EXPECT_NEAR(comparison.lines()[0].largest_error, 0.9, 1e-12);
  EXPECT_NEAR(comparison.lines()[0].of_allowed, 0.9 / 1.01, 1e-12);
  comparison.close("b", numbers({1.05, 11.1}), numbers({1, 10}), 0.01, 0.1);
  EXPECT_FALSE(comparison.passed());
  EXPECT_THAT(comparison.lines()[1].what, HasSubstr("worst at [1]"));
  EXPECT_TRUE(comparison.compared("b"));
  EXPECT_FALSE(comparison.compared("c"));
}

TEST(Comparison, NanAndInfinitiesMustStandWhereTheyAreExpected) {
  Comparison same;
  same.close("a", numbers({kNan, kInfinity, -kInfinity}), numbers({kNan, kInfinity, -kInfinity}), 0);
  EXPECT_TRUE(same.passed());
  const std::vector<std::pair<double, double>> differing = {
      {kNan, 1}, {1, kNan}, {kInfinity, 1}, {1, kInfinity}, {kInfinity, -kInfinity}, {kNan, kInfinity}};
  for (const auto& [ours, expected] : differing) {
    Comparison comparison;
    comparison.close("a", numbers({ours}), numbers({expected}), 1e300, 0.5);
    EXPECT_FALSE(comparison.passed()) << ours << " for " << expected;
    EXPECT_EQ(comparison.lines()[0].largest_error, kInfinity);
  }
}

TEST(Comparison, AnotherShapeFailsByName) {
  Comparison comparison;
  comparison.close("a", at::zeros({2, 3}), at::zeros({2, 4}), 1);
  EXPECT_FALSE(comparison.passed());
  EXPECT_EQ(comparison.lines()[0].what, "shape 2x3 instead of 2x4");
  Comparison missing;
  missing.exact("a", {}, at::zeros({2}));
  EXPECT_FALSE(missing.passed());
}

TEST(Comparison, ShareOfEqualAndThoseThatMustBe) {
  const auto expected = at::arange(200, at::kLong);
  auto ours = expected.clone();
  ours[7] = 9;
  Comparison comparison;
  comparison.equal_share("most", ours, expected, 0.995);
  EXPECT_TRUE(comparison.passed());
  EXPECT_NEAR(comparison.lines()[0].equal_share, 0.995, 1e-12);
  comparison.equal_share("sure", ours, expected, 0.995, expected > 7);
  EXPECT_TRUE(comparison.passed());
  comparison.equal_share("sure", ours, expected, 0.995, expected >= 7);
  EXPECT_FALSE(comparison.passed());
  EXPECT_THAT(comparison.lines()[2].what, HasSubstr("[7]: 9 instead of 7"));
  Comparison exact;
  exact.exact("all", ours.to(at::kInt), expected);
  EXPECT_FALSE(exact.passed());
}

TEST(Comparison, OneAllowanceForEachNumber) {
  Comparison comparison;
  comparison.close_within("a", numbers({1.5, 10}), numbers({1, 10}), numbers({1, 0}));
  EXPECT_TRUE(comparison.passed());
  comparison.close_within("a", numbers({1.5, 10.1}), numbers({1, 10}), numbers({1, 0}));
  EXPECT_FALSE(comparison.passed());
}

TEST(Comparison, MostWithinAndNoneFarBeyond) {
  const auto expected = at::zeros({1000});
  auto ours = expected.clone();
  ours[3] = 5e-3;
  const auto allowed = at::full({1000}, 1e-4, at::kDouble);
  const auto passes = [&](double share, double at_most) {
    Comparison comparison;
    comparison.mostly_within("a", ours, expected, allowed, share, at_most);
    return comparison.passed();
  };
  EXPECT_TRUE(passes(0.999, 100));
  EXPECT_FALSE(passes(0.9995, 100));
  EXPECT_FALSE(passes(0.999, 10));
}

TEST(Comparison, RequirementsAndNotes) {
  Comparison comparison;
  comparison.require("finite", true, "");
  EXPECT_TRUE(comparison.passed());
  comparison.note("a remark");
  EXPECT_EQ(comparison.notes().size(), 1U);
  comparison.require("finite", false, "it is not");
  EXPECT_FALSE(comparison.passed());
}

}  // namespace
}  // namespace asterism::infer
