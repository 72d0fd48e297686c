#include "nn/in_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "nn/autocast.h"
#include "threads.h"

namespace asterism::nn {
namespace {

TEST(InThreads, EveryIndexOnce) {
  for (const int threads : {1, 2, 3}) {
    const test::Threads some(threads);
    for (const int64_t count : {0, 1, 2, 5, 17, 64, 1001})
      for (const int64_t grain : {1, 7, 16, 100}) {
        std::vector<std::atomic<int>> seen(size_t(count) + 1);
        in_threads(count, grain, [&](int64_t begin, int64_t end) {
          EXPECT_LT(begin, end);
          EXPECT_TRUE(end - begin >= grain || end == count) << begin << " to " << end << " of " << count;
          for (int64_t i = begin; i < end; ++i) ++seen[size_t(i)];
        });
        for (int64_t i = 0; i < count; ++i) ASSERT_EQ(seen[size_t(i)], 1) << i << " of " << count;
      }
  }
}

// Each part waits for the other: one after the other they never would be done.
TEST(InThreads, PartsAreWorkedOnAtOnce) {
  const test::Threads two(2);
  std::atomic<int> there{0}, met{0};
  in_threads(2, 1, [&](int64_t, int64_t) {
    ++there;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (there < 2 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    met += there == 2;
    EXPECT_EQ(threads_here(), 1);
    in_threads(8, 1, [&](int64_t begin, int64_t end) { EXPECT_EQ(end - begin, 8); });
  });
  EXPECT_EQ(met, 2);
  EXPECT_EQ(threads_here(), 2);
}

TEST(InThreads, WhatTheCallerSetHoldsInAllThreads) {
  const test::Threads two(2);
  for (const auto precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
    std::atomic<int> there{0}, right{0};
    const at::NoGradGuard no_grad;
    const Autocast autocast(precision);
    in_threads(2, 1, [&](int64_t, int64_t) {
      ++there;
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (there < 2 && std::chrono::steady_clock::now() < until) std::this_thread::yield();  // one part a thread
      right += !at::GradMode::is_enabled() && precision_on_cpu() == precision;
    });
    EXPECT_EQ(right, 2);
    EXPECT_EQ(precision_on_cpu(), precision);
  }
  std::atomic<int> as_before{0};
  in_threads(2, 1, [&](int64_t, int64_t) {
    as_before += at::GradMode::is_enabled() && precision_on_cpu() == Precision::fp32;
  });
  EXPECT_EQ(as_before, 2);
}

TEST(InThreads, ExceptionsReachTheCaller) {
  const test::Threads two(2);
  EXPECT_THROW(in_threads(2, 1,
                          [](int64_t begin, int64_t) {
                            if (begin == 1) throw std::runtime_error("the second");
                          }),
               std::runtime_error);
}

}  // namespace
}  // namespace asterism::nn
