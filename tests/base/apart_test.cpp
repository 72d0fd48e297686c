#include "base/apart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::base {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

std::string apart_refusal(const fs::path& input, const fs::path& output) {
  try {
    check_apart(input, output);
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

TEST(Apart, AnOutputAmongItsInputIsRefused) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "data/sky");
  fs::create_directory_symlink("data", folder / "link");
  EXPECT_THAT(apart_refusal(folder / "data", folder / "data/vectors"), HasSubstr("lies inside"));
  EXPECT_THAT(apart_refusal(folder / "data/", folder / "data/not/yet/there/"), HasSubstr("lies inside"));
  EXPECT_THAT(apart_refusal(folder / "data/sky", folder / "link/sky/vectors"), HasSubstr("lies inside"));
  EXPECT_THAT(apart_refusal(folder / "data/sky", folder / "data"), HasSubstr("which is read, lies inside"));
  EXPECT_THAT(apart_refusal(folder / "data/sky", folder / "data/../link/sky/"), HasSubstr("is what is read"));
}

TEST(Apart, OthersPass) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "data/sky");
  EXPECT_EQ(apart_refusal(folder / "data/sky", folder / "data/skylight"), "") << "a name that begins alike";
  EXPECT_EQ(apart_refusal(folder / "data/sky", folder / "data/vectors"), "");
  EXPECT_EQ(apart_refusal("hf://datasets/a/b", "hf:/datasets/a/b/c"), "");
  EXPECT_EQ(apart_refusal("", "out"), "");
  EXPECT_EQ(apart_refusal("sky", ""), "");
}

}  // namespace
}  // namespace asterism::base
