// bench/figures.py never takes a run with other settings for the one that was asked for.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/house/shell.h"
#include "tests/house/tree.h"
#include "tests/where.h"

namespace asterism::house {
namespace {

namespace fs = std::filesystem;

// In the place of asterism: a run that wrote down how it was called, and an evaluation without scores.
constexpr const char* kProgram = R"(#!/bin/sh
echo "$*" >> calls
while [ $# -gt 1 ]; do [ "$1" = --out ] && out=$2; shift; done
mkdir -p "$out/model"
echo '{"parameters": 1, "threads": 1, "result": {"steps": 1, "seconds": 1}}' > "$out/run.json"
echo '{"answers": []}' > "$out/answers.json"
)";

size_t length_of(const fs::path& file) {
  std::ifstream in(file);
  size_t count = 0;
  for (std::string line; std::getline(in, line);) ++count;
  return count;
}

TEST(Figures, OtherSettingsAreAnotherRun) {
  const PlantedTree folder;
  std::ofstream(folder.root() / "asterism") << kProgram;
  fs::permissions(folder.root() / "asterism", fs::perms::owner_all);
  const auto make = [&](const std::string& more) {
    const auto result = shell("cd " + quoted(folder.root().string()) + " && python3 " +
                              quoted(std::string(asterism::tests::kSourceFolder) + "/bench/figures.py") +
                              " mock_photoz --seeds 1 --asterism ./asterism --work work --out out.json " + more);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return length_of(folder.root() / "calls");
  };
  EXPECT_EQ(make(""), 2u) << "a training and a judgement";
  EXPECT_EQ(make(""), 2u) << "both are used again";
  EXPECT_EQ(make("--set train.steps=100"), 4u);
  EXPECT_EQ(make("--set train.steps=100 --set 'model.modalities.redshift.bin_spacing=\"equal mass\"'"), 6u);
  EXPECT_EQ(make("--set train.steps=100"), 6u);
}

TEST(Figures, TwoFiguresOfOneRunAreJudgedApart) {
  const PlantedTree folder;
  std::ofstream(folder.root() / "asterism") << kProgram;
  fs::permissions(folder.root() / "asterism", fs::perms::owner_all);
  const auto make = [&](const std::string& figure) {
    const auto result = shell("cd " + quoted(folder.root().string()) + " && python3 " +
                              quoted(std::string(asterism::tests::kSourceFolder) + "/bench/figures.py") + " " + figure +
                              " --seeds 1 --asterism ./asterism --work work --out out.json");
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return length_of(folder.root() / "calls");
  };
  EXPECT_EQ(make("scalars_joint"), 4u) << "a training and three judgements";
  EXPECT_EQ(make("joint_calibration"), 5u) << "the run is used again, its judgement is another";
}

}  // namespace
}  // namespace asterism::house
