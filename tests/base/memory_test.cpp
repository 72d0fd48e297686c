#include "base/memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

namespace asterism::base {
namespace {

TEST(Memory, TouchingPagesRaisesBothFigures) {
  const uint64_t before = resident_bytes();
  EXPECT_GT(before, uint64_t{1} << 20);
  // Pages straight from the kernel: the allocator may hand out pages that are resident already.
  const uint64_t size = uint64_t{32} << 20;
  void* held = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(held, MAP_FAILED);
  for (uint64_t i = 0; i < size; i += 512) static_cast<volatile char*>(held)[i] = 1;
  EXPECT_GT(resident_bytes() + (uint64_t{1} << 20), before + size / 2);
  EXPECT_GE(peak_resident_bytes() + (uint64_t{1} << 20), before + size / 2);
  munmap(held, size);
}

}  // namespace
}  // namespace asterism::base
