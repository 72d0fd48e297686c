#include "tests/house/names.h"

#include <gtest/gtest.h>

namespace asterism::house {
namespace {

TEST(Names, ThisTree) {
  const auto faults = name_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Words, ThisTree) {
  const auto faults = word_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Names, PlantedFaultsAreFound) {
  PlantedTree planted;
  planted.file("src/nn/utils.h", "")
      .file("src/core/a.h", "")
      .file("tests/nn/helpers_test.cpp", "")
      .file("docs/misc.md", "");
  EXPECT_EQ(name_faults(planted.tree()).size(), 4u);
}

TEST(Names, OnlyTheWholeNameCounts) {
  PlantedTree planted;
  planted.file("src/astro/common_envelope.h", "").file("src/models/token_core_test.cpp", "");
  EXPECT_TRUE(name_faults(planted.tree()).empty());
  planted.file("src/nn/LayerNorm.cpp", "");
  EXPECT_EQ(name_faults(planted.tree()).size(), 1u);
}

TEST(Words, PlantedFaultsAreFound) {
  PlantedTree planted;
  planted
      .file("README.md",
            "see /wo"
            "rk/main\n")
      .file("run",
            "pip -i https://py"
            "pi.org/simple\n");
  planted
      .file("picture.png", std::string("\x89PNG\0 /op"
                                       "t/",
                                       11))
      .file("src/a.h", "// ../shared, /usr/bin, PyPI\n");
  EXPECT_EQ(word_faults(planted.tree()).size(), 2u);
}

TEST(Calls, ThisTree) {
  const auto faults = call_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Calls, PlantedFaultsAreFound) {
  PlantedTree planted;
  planted.file("src/nn/a.cpp", "  at::parallel_for" + std::string("(0, n, 1, work);\n"));
  EXPECT_EQ(call_faults(planted.tree()).size(), 1u);
}

}  // namespace
}  // namespace asterism::house
