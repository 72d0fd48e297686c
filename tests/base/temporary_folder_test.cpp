#include "base/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "base/error.h"

namespace asterism::base {
namespace {

TEST(TemporaryFolder, IsGoneWithAllItHolds) {
  std::filesystem::path path;
  {
    const TemporaryFolder folder, another;
    path = folder.path();
    EXPECT_NE(folder.path(), another.path());
    std::filesystem::create_directories(folder / "a" / "b");
    std::ofstream(folder / "a" / "b" / "c") << "text";
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TemporaryFolder, NowhereToMakeIt) {
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TMPDIR", "/nowhere/at/all", 1);
  EXPECT_THROW(TemporaryFolder(), UserError);
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", kept.c_str(), 1);
}

}  // namespace
}  // namespace asterism::base
