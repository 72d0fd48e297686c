#include "tests/house/mirrors.h"

#include <gtest/gtest.h>

namespace asterism::house {
namespace {

TEST(Mirrors, EverySourceOfThisTreeHasItsTest) {
  const auto faults = mirror_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Mirrors, EveryTableEntryOfThisTreeHasItsTest) {
  const auto faults = table_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Mirrors, SourcesWithoutTestsAreFound) {
  PlantedTree planted;
  planted.file("src/data/all.cpp", "").file("src/data/split.cpp", "").file("src/data/surveys/sdss.cpp", "");
  planted.file("tests/data/split_test.cpp", "").file("tests/data/sdss_test.cpp", "");
  EXPECT_EQ(mirror_faults(planted.tree()),
            Faults{"src/data/surveys/sdss.cpp: has no test tests/data/surveys/sdss_test.cpp"});
}

TEST(Mirrors, TableEntriesWithoutTestsOrSentencesAreFound) {
  PlantedTree planted;
  planted.file("src/models/model.h", "struct Model {\n  virtual int embed(int x) const = 0;\n};\n")
      .file("src/models/a.h", "");
  planted.file("src/models/all.cpp",
               "#include \"models/all.h\"\n#include \"models/model.h\"\n#include \"models/a.h\"\n#include \"nn/b.h\"\n"
               "t = {{\"a\", make_a, \"what it is\"}};\n");
  EXPECT_EQ(table_faults(planted.tree()).size(), 1u);
  planted.file("tests/models/a_test.cpp", "");
  EXPECT_TRUE(table_faults(planted.tree()).empty());
  planted.file("src/models/all.cpp", "t = {{\"a\", make_a, \"\"}};\n");
  EXPECT_EQ(table_faults(planted.tree()).size(), 1u);
}

}  // namespace
}  // namespace asterism::house
