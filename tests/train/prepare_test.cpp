#include "train/prepare.h"

#include <gtest/gtest.h>

#include "tests/train/linear_task.h"

namespace asterism::train {
namespace {

TEST(Prepare, GivesTheFirstObjectsAndStartsAgain) {
  LineObjective objective;
  auto source = line_source(64, 8);
  const auto first = source.next();
  prepare(objective, source, 20);
  EXPECT_EQ(objective.prepared, 24) << "whole batches";
  EXPECT_EQ(source.next()->objects.front().id, first->objects.front().id);
  prepare(objective, source, 1000);
  EXPECT_EQ(objective.prepared, 64) << "one epoch at most";
}

}  // namespace
}  // namespace asterism::train
