#include "models/warm_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "models/wrap.h"

namespace asterism::models {
namespace {

using testing::HasSubstr;

struct Mine {
  nn::Parameters parameters;
  Mine() {
    parameters.add("same", at::zeros({2, 3}));
    parameters.add("token", at::zeros({3}));
    parameters.add("stack", at::zeros({3, 4, 2}));
    parameters.add("head.new", at::zeros({5}));
    parameters.add_buffer("scales", at::zeros({3}, at::kDouble));
  }
};

std::map<std::string, at::Tensor> theirs() {
  return {{"same", at::ones({2, 3})},
          {"token", at::ones({1, 1, 3})},
          {"stack", at::stack({at::full({3, 2}, 7.0), at::full({3, 2}, 9.0)})},
          {"head.old", at::ones({5})},
          {"scales", at::tensor({0.5, 0.25}, at::kDouble)}};
}

TEST(WarmStart, TakesWhatFitsRowByRowWhereRowsHaveNames) {
  Mine mine;
  const StackedRows rows{{"stack", {1, -1, 0}}, {"scales", {1, -1, 0}}};
  const auto start = start_from(mine.parameters, theirs(), rows, "old");
  const auto now = mine.parameters.all();
  EXPECT_TRUE(at::equal(now.at("same"), at::ones({2, 3})));
  EXPECT_TRUE(at::equal(now.at("token"), at::ones({3}))) << "sizes of 1 do not matter";
  const auto& stack = now.at("stack");
  EXPECT_EQ(stack[0][2][1].item<float>(), 9);
  EXPECT_EQ(stack[2][0][0].item<float>(), 7);
  EXPECT_EQ(stack[1].abs().max().item<float>(), 0) << "a row that was not there keeps its first value";
  EXPECT_EQ(stack[0][3].abs().max().item<float>(), 0) << "a column that was not there, too";
  EXPECT_TRUE(at::equal(now.at("scales"), at::tensor({0.25, 0.0, 0.5}, at::kDouble)));

  EXPECT_EQ(start.taken, (std::vector<std::string>{"same", "token"}));
  EXPECT_EQ(start.fresh.size(), 2u);
  EXPECT_TRUE(start.fresh.at("head.new").all().item<bool>());
  const auto& mask = start.fresh.at("stack");
  EXPECT_TRUE(mask[1].all().item<bool>());
  EXPECT_FALSE(mask[0].narrow(0, 0, 3).any().item<bool>());
  EXPECT_TRUE(mask[0][3].all().item<bool>());
  EXPECT_EQ(start.missing, (std::map<std::string, std::string>{{"head.new", "head.old"}}));
  EXPECT_EQ(start.unused, (std::map<std::string, std::string>{{"head.old", "head.new"}}));
  EXPECT_THAT(start.text(), HasSubstr("2 tensors taken"));
  EXPECT_THAT(start.text(), HasSubstr("head.new (nearest there head.old)"));
  EXPECT_THAT(start.text(), HasSubstr("partly new: stack"));
}

TEST(WarmStart, OtherShapesAreNewAndNothingAtAllIsRefused) {
  Mine mine;
  auto start = start_from(mine.parameters, {{"same", at::ones({3, 2})}, {"token", at::ones({3})}}, {}, "old");
  EXPECT_TRUE(start.missing.contains("same"));
  EXPECT_TRUE(start.unused.contains("same"));
  EXPECT_THROW(start_from(mine.parameters, {{"other", at::ones({3, 2})}}, {}, "old"), base::UserError);
  EXPECT_THROW(start_from(mine.parameters, {}, {}, "old"), base::UserError);
}

TEST(WarmStart, ValuesThatAreNotFiniteAreRefused) {
  Mine mine;
  auto values = theirs();
  values.at("same")[0][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(start_from(mine.parameters, values, {}, "old"), base::DataError);
}

}  // namespace
}  // namespace asterism::models
