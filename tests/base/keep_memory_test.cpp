#include "base/keep_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <memory>

namespace asterism::base {
namespace {

// Pages that the system had to find, from one second buffer of 48 MiB to the next.
long pages_of_a_buffer() {
  const auto faults = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
  };
  const auto use = [] {
    constexpr size_t kBytes = 48 << 20;
    const std::unique_ptr<char[]> buffer(new char[kBytes]);
    volatile char* touched = buffer.get();  // so that no compiler leaves the buffer out
    for (size_t i = 0; i < kBytes; i += 4096) touched[i] = 1;
  };
  use();
  const long before = faults();
  use();
  return faults() - before;
}

TEST(KeepMemory, ASecondBufferNeedsNoNewPages) {
  EXPECT_GT(pages_of_a_buffer(), 8000);  // of 12,288
  if (!keep_freed_memory()) GTEST_SKIP() << "no glibc";
  EXPECT_LT(pages_of_a_buffer(), 1000);
}

}  // namespace
}  // namespace asterism::base
