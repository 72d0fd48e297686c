#include "train/unread_steps.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::train {
namespace {

UnreadSteps::Step numbered_step(int64_t number, double loss, double norm) {
  return {{1, number}, {.step = number}, at::scalar_tensor(loss, at::kDouble), at::scalar_tensor(norm, at::kFloat)};
}

TEST(UnreadSteps, TellsTheLastNumbers) {
  UnreadSteps steps;
  EXPECT_FALSE(steps.read());
  EXPECT_EQ(steps.add(numbered_step(0, 2, 1)).item<float>(), 0);
  EXPECT_EQ(steps.add(numbered_step(1, 1.5, 0.5)).item<float>(), 0);
  EXPECT_FALSE(steps.read());
  EXPECT_EQ(steps.last_loss(), 1.5);
  EXPECT_EQ(steps.last_norm(), 0.5);
}

TEST(UnreadSteps, AfterTheFirstThatIsNotFiniteAllAreLeftOut) {
  UnreadSteps steps;
  EXPECT_EQ(steps.add(numbered_step(4, 2, 1)).item<float>(), 0);
  EXPECT_EQ(steps.add(numbered_step(5, 2, std::nan(""))).item<float>(), 1);
  EXPECT_EQ(steps.add(numbered_step(6, 2, 1)).item<float>(), 1);
  const auto wrong = steps.read();
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->context.step, 5);
  EXPECT_EQ(wrong->position.batch, 5);
  EXPECT_EQ(wrong->what, "norm of the gradient");
  EXPECT_TRUE(std::isnan(wrong->value));
  EXPECT_FALSE(steps.read()) << "read once";
}

TEST(UnreadSteps, IsFullSomeTime) {
  UnreadSteps steps;
  int64_t count = 0;
  for (; !steps.full(); ++count) steps.add(numbered_step(count, 1, 1));
  EXPECT_LE(count, 1000);
  EXPECT_FALSE(steps.read());
  EXPECT_FALSE(steps.full());
}

}  // namespace
}  // namespace asterism::train
