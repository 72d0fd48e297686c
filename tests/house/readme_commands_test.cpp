// Runs what README.md tells its reader to type, at the smallest size, with the programs of this build.

#include "tests/house/readme_commands.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "tests/house/shell.h"
#include "tests/where.h"

namespace asterism::house {
namespace {

namespace fs = std::filesystem;

size_t lines_beginning(const std::string& text, const std::string& beginning) {
  std::istringstream in(text);
  size_t count = 0;
  for (std::string line; std::getline(in, line);) count += starts_with(line, beginning) ? 1 : 0;
  return count;
}

TEST(ReadmeCommands, RunFromFirstToLast) {
  const auto commands = shown_commands(this_tree(), "README.md", "What one does with it");
  ASSERT_FALSE(commands.empty());
  const std::string program = std::string(asterism::tests::kBuildFolder) + "/bin/asterism";
  PlantedTree folder;
  fs::create_directory_symlink(this_tree().root / "recipes", folder.root() / "recipes");
  size_t answers = 0;
  for (const auto& command : commands) {
    const auto result = shell("cd " + quoted(folder.root().string()) + " && " + smallest(command, program));
    ASSERT_EQ(result.exit_code, 0) << command << "\n" << result.output;
    const std::string id = value_of(command, "--id"), k = value_of(command, "-k");
    if (id.empty() || k.empty()) continue;
    ++answers;
    EXPECT_EQ(std::to_string(lines_beginning(result.output, id + " ")), k) << command << "\n" << result.output;
  }
  EXPECT_GT(answers, 0u) << "no command searched for an --id";
  const auto made = words_below(commands, "out");
  EXPECT_FALSE(made.empty());
  for (const auto& path : made) {
    ASSERT_TRUE(fs::exists(folder.root() / path)) << path;
    EXPECT_FALSE(fs::is_empty(folder.root() / path)) << path;
  }
}

TEST(ReadmeCommands, AreFoundUnderTheirHeading) {
  PlantedTree planted;
  planted.file("README.md",
               "# A\n```sh\n./run first\n```\n## B\ntext\n```\nno sh\n```\n```sh\nmkdir -p out  # a folder\n"
               "# a comment\n\n./run data mock out/a#1\n```\n```sh\n./run second\n```\n");
  EXPECT_EQ(shown_commands(planted.tree(), "README.md", "B"),
            (std::vector<std::string>{"mkdir -p out", "./run data mock out/a#1"}));
  EXPECT_TRUE(shown_commands(planted.tree(), "README.md", "C").empty());
}

TEST(ReadmeCommands, AreMadeSmall) {
  const std::string started = "OMP_NUM_THREADS=1 '/b/asterism' ";
  EXPECT_EQ(smallest("mkdir -p out", "/b/asterism"), "mkdir -p out");
  EXPECT_EQ(smallest("./run data mock legacy --objects 1000 out/sky", "/b/asterism"),
            started + "data mock legacy --objects 60 out/sky");
  EXPECT_EQ(smallest("./run search out/index -k 8", "/b/asterism"), started + "search out/index -k 8");
  const std::string rest = " --set train.prepare_objects=64 --set train.validate_batches=1";
  EXPECT_EQ(smallest("./run train a.toml --set train.steps=200 --set \"data.batch_size=128\"", "/b/asterism"),
            started + "train a.toml --set train.steps=2 --set \"data.batch_size=16\"" + rest);
  EXPECT_EQ(smallest("./run train a.toml", "/b/asterism"),
            started + "train a.toml --set train.steps=2" + rest + " --set data.batch_size=16");
}

TEST(ReadmeCommands, AreReadWordByWord) {
  const std::string search = "./run search out/index --id mock-0-7 -k 8 --html out/near.html";
  EXPECT_EQ(value_of(search, "--id"), "mock-0-7");
  EXPECT_EQ(value_of(search, "-k"), "8");
  EXPECT_EQ(value_of(search, "--show"), "");
  EXPECT_EQ(words_below({search, "./run index out/vectors out/index --set \"data.datasets=['out/sky']\""}, "out"),
            (std::vector<std::string>{"out/index", "out/near.html", "out/vectors"}));
}

}  // namespace
}  // namespace asterism::house
