#include "base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "base/error.h"

namespace asterism::base {
namespace {

class Threads : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { set_threads(GetParam()); }
  void TearDown() override { set_threads(0); }
};
INSTANTIATE_TEST_SUITE_P(, Threads, testing::Values(1, 2, 3, 8));

TEST_P(Threads, EveryIndexOnceInFixedChunks) {
  for (const size_t n : {0, 1, 7, 8, 9, 1000}) {
    std::vector<int> seen(n, 0);
    std::mutex mutex;
    std::set<std::pair<size_t, size_t>> chunks, expected;
    parallel_for(n, 8, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) ++seen[i];
      const std::lock_guard lock(mutex);
      chunks.emplace(begin, end);
    });
    EXPECT_EQ(seen, std::vector<int>(n, 1));
    for (size_t begin = 0; begin < n; begin += 8) expected.emplace(begin, std::min(n, begin + 8));
    EXPECT_EQ(chunks, expected);
  }
}

TEST_P(Threads, TheLowestFailureIsThrownWhateverTheTiming) {
  for (int repeat = 0; repeat < 20; ++repeat) {
    try {
      parallel_for(100, 1, [&](size_t begin, size_t) {
        if (begin == 3) std::this_thread::sleep_for(std::chrono::microseconds(200));
        if (begin >= 3) data_error("chunk {}", begin);
      });
      FAIL();
    } catch (const DataError& error) {
      EXPECT_STREQ(error.what(), "chunk 3");
    }
  }
  std::atomic<int> calls = 0;  // and the pool still works
  parallel_for(10, 1, [&](size_t, size_t) { ++calls; });
  EXPECT_EQ(calls, 10);
}

TEST_P(Threads, AFailureStopsTheHandingOut) {
  std::atomic<int> calls = 0;
  EXPECT_THROW(parallel_for(1000000, 1, [&](size_t, size_t) { ++calls, data_error("at once"); }), DataError);
  EXPECT_LT(calls, 100);
}

TEST_P(Threads, NestedAndConcurrentCallsFinish) {
  std::atomic<int> calls = 0;
  const auto work = [&] {
    for (int i = 0; i < 20; ++i)
      parallel_for(10, 1, [&](size_t, size_t) {
        parallel_for(10, 3, [&](size_t begin, size_t end) { calls += int(end - begin); });
      });
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(calls, 2 * 20 * 100);
}

TEST(Thread, UsesAsManyAsAsked) {
  set_threads(3);
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::atomic<int> inside = 0;
  parallel_for(3, 1, [&](size_t, size_t) {  // each waits for the others, so it takes three threads to finish
    ++inside;
    for (int i = 0; i < 2000 && inside < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  set_threads(0);
  EXPECT_EQ(ids.size(), 3u);
}

TEST(Thread, ExtremeSizes) {
  EXPECT_THROW(parallel_for(1, 0, [](size_t, size_t) {}), CheckError);
  constexpr size_t kHuge = std::numeric_limits<size_t>::max();
  size_t chunks = 0, last = 0;
  set_threads(1);
  parallel_for(kHuge, kHuge / 2, [&](size_t, size_t end) { ++chunks, last = end; });
  set_threads(0);
  EXPECT_EQ(chunks, 3u);
  EXPECT_EQ(last, kHuge);
  EXPECT_GE(hardware_threads(), 1);
  EXPECT_GE(threads(), 1);
  EXPECT_THROW(set_threads(-1), CheckError);
}

}  // namespace
}  // namespace asterism::base
