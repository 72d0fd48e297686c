#include "tests/house/packages.h"

#include <gtest/gtest.h>

#include "tests/house/shell.h"

namespace asterism::house {
namespace {

TEST(Packages, ThisTree) {
  const auto faults = package_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Packages, OneThatIsForgottenIsFound) {
  if (shell("command -v dpkg-query").exit_code != 0) GTEST_SKIP() << "no Debian";
  PlantedTree planted;
  planted.file("src/a.cpp", "#include <png.h>\n#include <sched.h>\n#include <vector>\n#include <no/such.h>\n");
  planted.file("bench/a.cpp", "#include <zlib.h>\n");
  planted.file("run", "base_packages=(git\n  cmake)\n");
  EXPECT_EQ(package_faults(planted.tree()).size(), 1u);
  planted.file("run", "base_packages=(git\n  libpng-dev)\n");
  EXPECT_TRUE(package_faults(planted.tree()).empty());
}

}  // namespace
}  // namespace asterism::house
