#include "base/processor.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace asterism::base {
namespace {

TEST(Processor, HasWhatTheKernelSays) {
  std::ifstream file("/proc/cpuinfo");
  std::set<std::string> flags;
  for (std::string line; flags.empty() && std::getline(file, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    for (std::string word; words >> word;) flags.insert(word);
  }
  if (flags.empty()) GTEST_SKIP() << "/proc/cpuinfo tells no flags";
  EXPECT_EQ(has_avx2(), flags.contains("avx2") && flags.contains("fma"));
  EXPECT_EQ(has_avx512f(), flags.contains("avx512f"));
}

}  // namespace
}  // namespace asterism::base
