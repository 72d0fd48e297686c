#include "tests/house/documents.h"

#include <gtest/gtest.h>

namespace asterism::house {
namespace {

TEST(Documents, LinksOfThisTreeResolve) {
  const auto faults = link_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Documents, FilesAndTestsThatExtendingNamesExist) {
  const auto faults = extending_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Documents, WhatExtendingNamesInVainIsFound) {
  PlantedTree planted;
  planted.file("src/nn/all.cpp", "").file("tests/nn/a_test.cpp", "TEST(A, Holds) {}\nTEST_P(AContract, Holds) {}\n");
  planted.file("docs/extending.md",
               "`src/nn/all.cpp`, `src/nn/NAME.h`, `A.Holds`, `AContract`, `Reads`, `ninja -C b`\n");
  EXPECT_EQ(extending_faults(planted.tree()), Faults{});
  planted.file("docs/extending.md", "`src/nn/gone.cpp`,\n`src/mm/NAME.h`, `A.Breaks`, `BContract`\n");
  EXPECT_EQ(
      extending_faults(planted.tree()),
      (Faults{"docs/extending.md:1: there is no 'src/nn/gone.cpp'", "docs/extending.md:2: there is no 'src/mm/NAME.h'",
              "docs/extending.md:2: there is no 'A.Breaks'", "docs/extending.md:2: there is no 'BContract'"}));
}

TEST(Documents, CommandsOfThisTreeExist) {
  const auto faults = command_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Documents, KnowsWhatRunAndAsterismCanDo) {
  const auto works = works_of_run(this_tree());
  for (const char* work : {"tour", "tests", "build", "check", "bench", "peers", "fuzz", "asan"})
    EXPECT_EQ(works.count(work), 1u) << work;
  const auto commands = subcommands(this_tree());
  for (const char* command :
       {"data", "train", "tokenize", "embed", "predict", "evaluate", "index", "search", "model", "tour"})
    EXPECT_EQ(commands.count(command), 1u) << command;
}

TEST(Documents, PlantedLinksAreFound) {
  PlantedTree planted;
  planted.file("docs/a.md", "# A first: heading\n").file("LICENSE", "");
  planted.file("README.md",
               "[a](docs/a.md) [b](docs/a.md#a-first-heading) [c](https://example.org/x) `[d](gone.md)`\n"
               "```\n[e](gone.md)\n```\n![f](gone.png)\n[g](docs/a.md#second) [h](../other/x.md)\n");
  EXPECT_EQ(link_faults(planted.tree()), (Faults{"README.md:5: 'gone.png' leads nowhere",
                                                 "README.md:6: 'docs/a.md#second': no such heading in docs/a.md",
                                                 "README.md:6: '../other/x.md' leads out of the tree"}));
  planted.file("docs/b.md", "[up](../LICENSE)\n").file("README.md", "");
  EXPECT_TRUE(link_faults(planted.tree()).empty());
}

TEST(Documents, PlantedCommandsAreFound) {
  PlantedTree planted;
  planted.file("run", "usage() {\n  tour [OPTION]   x\n  tests   y\nTEXT\n}\n");
  planted.file("apps/data/main.cpp", "table = {\n{\"data\", \"survey files\", f},\n};\n");
  planted.file(
      "README.md",
      "```sh\n./run tests\n./run data mock legacy  # fine\n$ asterism data --help\nbuild/bin/asterism --version\n```\n"
      "./run nothing in prose\n```\n./run tset\nOMP_NUM_THREADS=1 asterism bake\nasterism tests\n```\n");
  EXPECT_EQ(command_faults(planted.tree()).size(), 3u) << listed(command_faults(planted.tree()));
}

}  // namespace
}  // namespace asterism::house
