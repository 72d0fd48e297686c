#include "tests/house/floors.h"

#include <gtest/gtest.h>

namespace asterism::house {
namespace {

constexpr const char* kLayers = "# ground first\nbase:\nio: base\ndata: base io\n---\nnn: base\nmodels: base nn\n";

Faults faults_with(const std::string& file, const std::string& text) {
  PlantedTree planted;
  planted.file("LAYERS", kLayers).file(file, text);
  return floor_faults(planted.tree());
}

TEST(Floors, ThisTree) {
  EXPECT_GE(read_floors(this_tree()).size(), 16u);
  const auto faults = floor_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Floors, EveryFloorHasAShortReadme) {
  const auto faults = readme_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Floors, WhatIsAllowedPasses) {
  EXPECT_TRUE(
      faults_with("src/io/a.cpp", "#include \"io/a.h\"\n#include \"base/error.h\"\n#include <vector>\n").empty());
  EXPECT_TRUE(faults_with("src/nn/a.cpp", "#include <ATen/ATen.h>\n#include \"base/error.h\"\n").empty());
  EXPECT_TRUE(faults_with("apps/model/a.cpp", "#include \"models/a.h\"\n#include \"apps/commands.h\"\n").empty());
}

TEST(Floors, PlantedFaultsAreFound) {
  EXPECT_EQ(faults_with("src/base/a.h", "#include \"io/a.h\"\n").size(), 1u);         // up
  EXPECT_EQ(faults_with("src/data/x/a.h", "  # include \"nn/a.h\"\n").size(), 1u);    // across the line
  EXPECT_EQ(faults_with("src/models/a.h", "#include \"data/a.h\"\n").size(), 1u);     // not named
  EXPECT_EQ(faults_with("src/io/a.cpp", "#include \"a.h\"\n").size(), 1u);            // no floor
  EXPECT_EQ(faults_with("src/io/a.cpp", "#include <ATen/ATen.h>\n").size(), 1u);      // libtorch below the line
  EXPECT_EQ(faults_with("src/nn/a.cpp", "#include <torch/torch.h>\n").size(), 1u);    // never
  EXPECT_EQ(faults_with("src/attic/a.cpp", "int a;\n").size(), 1u);                   // no such floor
  EXPECT_EQ(faults_with("apps/data/a.cpp", "#include \"models/a.h\"\n").size(), 1u);  // the data program
  PlantedTree upside_down;
  upside_down.file("LAYERS", "io: base\nbase:\n");
  EXPECT_EQ(floor_faults(upside_down.tree()).size(), 1u);
}

TEST(Floors, MissingAndLongReadmesAreFound) {
  PlantedTree planted;
  planted.file("LAYERS", "base:\nio: base\n").file("src/base/README.md", std::string(16, '\n'));
  EXPECT_EQ(readme_faults(planted.tree()).size(), 2u);
  planted.file("src/base/README.md", std::string(15, '\n')).file("src/io/README.md", "# io\n");
  EXPECT_TRUE(readme_faults(planted.tree()).empty());
}

}  // namespace
}  // namespace asterism::house
