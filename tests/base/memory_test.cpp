#include "base/memory.h"

#include <gtest/gtest.h>

#include <vector>

namespace asterism::base {
namespace {

TEST(Memory, TouchingPagesRaisesBothFigures) {
  const uint64_t before = resident_bytes();
  EXPECT_GT(before, uint64_t{1} << 20);
  std::vector<char> held(uint64_t{32} << 20);
  for (size_t i = 0; i < held.size(); i += 512) static_cast<volatile char*>(held.data())[i] = 1;
  EXPECT_GT(resident_bytes() + (uint64_t{1} << 20), before + held.size() / 2);
  EXPECT_GE(peak_resident_bytes() + (uint64_t{1} << 20), before + held.size() / 2);
}

}  // namespace
}  // namespace asterism::base
