#include "nn/transfer.h"

#include <gtest/gtest.h>

#include <vector>

namespace asterism::nn {
namespace {

TEST(Sent, IsTheTensorItselfWhereNothingMoves) {
  const auto x = at::rand({3, 4});
  EXPECT_TRUE(sent(x, at::kCPU).is_same(x));
}

TEST(Answers, AreUsedAtOnceAndInOrderOnTheCpu) {
  std::vector<int64_t> used;
  Answers answers(5);
  for (int64_t i = 0; i < 3; ++i) {
    answers.add(at::full({2}, i, at::kLong), [&](const at::Tensor& x) { used.push_back(x[0].item<int64_t>()); });
    EXPECT_EQ(used.size(), size_t(i + 1));
  }
  answers.finish();
  EXPECT_EQ(used, (std::vector<int64_t>{0, 1, 2}));
}

}  // namespace
}  // namespace asterism::nn
