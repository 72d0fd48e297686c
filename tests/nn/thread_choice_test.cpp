#include "nn/thread_choice.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace asterism::nn {
namespace {

// Steps of a given length by number of threads.
int64_t settle(ThreadChoice& choice, double with_all, double with_one) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(choice.settled(), 0);
    choice.begin();
    choice.end(i == 0 ? 100.0 : at::get_num_threads() == 1 ? with_one : with_all);
  }
  choice.begin();
  return choice.settled();
}

TEST(ThreadChoice, TakesTheFasterAndGivesTheThreadsBack) {
  const int before = at::get_num_threads();
  {
    ThreadChoice choice(4, 0);
    EXPECT_EQ(settle(choice, 2.0, 1.0), 1);
    EXPECT_EQ(at::get_num_threads(), 1);
    choice.end(1e9);  // nothing changes it any more
    EXPECT_EQ(choice.settled(), 1);
  }
  EXPECT_EQ(at::get_num_threads(), before);
  {
    ThreadChoice choice(4, 0);
    EXPECT_EQ(settle(choice, 1.0, 3.0), 4);
    EXPECT_EQ(at::get_num_threads(), 4);
  }
  EXPECT_EQ(at::get_num_threads(), before);
}

TEST(ThreadChoice, WhatIsAskedForIsNotMeasured) {
  EXPECT_EQ(ThreadChoice(4, 3).settled(), 3);
  EXPECT_EQ(ThreadChoice(4, 9).settled(), 4);
  EXPECT_EQ(ThreadChoice(1, 0).settled(), 1);
}

}  // namespace
}  // namespace asterism::nn
