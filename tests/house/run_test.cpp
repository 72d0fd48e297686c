// The script `run`, as far as it can be tried without building anything: its usage, and how it refuses to go on.

#include <gtest/gtest.h>

#include "tests/house/shell.h"
#include "tests/house/tree.h"
#include "tests/where.h"

namespace asterism::house {
namespace {

const std::string kRun = quoted(std::string(asterism::tests::kSourceFolder) + "/run");

// A folder with stand-ins for system programs, first in PATH; every Debian package counts as installed.
class StandIns {
 public:
  StandIns() {
    program("dpkg-query", "shift 3; for p in \"$@\"; do printf 'installed:%s ' \"$p\"; done");
    program("apt-get", "echo apt-get was called; exit 1");
  }
  void program(const std::string& name, const std::string& script) {
    folder_.file("bin/" + name, "#!/bin/bash\n" + script + "\n");
    std::filesystem::permissions(folder_.root() / "bin" / name, std::filesystem::perms::owner_all);
  }
  std::string path() const { return "PATH=" + quoted((folder_.root() / "bin").string()) + ":$PATH "; }
  std::string root() const { return folder_.root().string(); }
  PlantedTree& folder() { return folder_; }

 private:
  PlantedTree folder_;
};

TEST(Run, ScriptsParse) {
  for (const char* script : {"run", ".ci/run"}) {
    const auto result = shell("bash -n " + quoted(std::string(asterism::tests::kSourceFolder) + "/" + script));
    EXPECT_EQ(result.exit_code, 0) << script << ": " << result.output;
  }
}

TEST(Run, AloneAndWithHelpItSaysWhatThereIs) {
  for (const char* argument : {"", " --help", " -h"}) {
    const auto result = shell(kRun + argument);
    EXPECT_EQ(result.exit_code, 0);
    for (const char* work : {"tour", "tests", "build", "check", "bench", "peers", "fuzz", "asan"})
      EXPECT_TRUE(contains(result.output, work)) << work;
  }
}

TEST(Run, WithoutRootItPrintsTheExactCommandAndStops) {
  StandIns stand_ins;
  stand_ins.program("id", "echo 1000");
  stand_ins.program("sudo", "exit 1");
  stand_ins.program("dpkg-query", "printf 'installed:cmake config-files:lld '; exit 1");
  const auto result = shell(stand_ins.path() + kRun + " build");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.output, "apt-get install -y --no-install-recommends ")) << result.output;
  EXPECT_TRUE(contains(result.output, " lld ")) << result.output;     // removed, but not purged
  EXPECT_FALSE(contains(result.output, " cmake ")) << result.output;  // there already
  EXPECT_FALSE(contains(result.output, "apt-get was called")) << result.output;
}

TEST(Run, AFolderThatIsNotOursIsNeverReplaced) {
  StandIns stand_ins;
  stand_ins.folder().file("mine/thesis.txt", "years of work");
  const auto result =
      shell(stand_ins.path() + "ASTERISM_DEPS=" + quoted(stand_ins.root() + "/mine") + " " + kRun + " build");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.output, "ASTERISM_DEPS")) << result.output;
  EXPECT_TRUE(stand_ins.folder().tree().has("mine/thesis.txt"));
}

TEST(Run, AFailedInstallLeavesNothingThatLooksWhole) {
  StandIns stand_ins;
  stand_ins.program("python3", "[[ $* == *--version* ]] && exit 0; echo no such wheel; exit 1");
  const std::string deps = stand_ins.root() + "/new folder/deps";
  // /usr/bin/python3 comes first where it has pip; an index that cannot exist stops it just as well.
  const auto result = shell(stand_ins.path() + "PIP_NO_INDEX=1 PIP_FIND_LINKS=" + quoted(stand_ins.root()) +
                            " ASTERISM_DEPS=" + quoted(deps) + " " + kRun + " build");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.output, "PIP_FIND_LINKS")) << result.output;
  EXPECT_FALSE(std::filesystem::exists(deps));
}

TEST(Run, FuzzWantsANumberOfSeconds) {
  PlantedTree deps;  // stands for installed wheels
  StandIns stand_ins;
  for (const auto& line : this_tree().lines("requirements.txt")) {
    const auto equals = line.find("==");
    if (equals == std::string::npos || line[0] == '#') continue;
    std::string name = line.substr(0, equals) + "-" + line.substr(equals + 2, line.find(' ') - equals - 2);
    for (size_t i = 0; i < equals; ++i)
      if (name[i] == '-') name[i] = '_';
    deps.file(name + ".dist-info/METADATA", "");
  }
  const auto result =
      shell(stand_ins.path() + "ASTERISM_DEPS=" + quoted(deps.root().string()) + " " + kRun + " fuzz soon");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.output, "'soon'")) << result.output;
}

TEST(Run, CudaIsWantedOrNot) {
  const auto result = shell("ASTERISM_CUDA=perhaps " + kRun + " build");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.output, "1 or 0, not 'perhaps'")) << result.output;
}

}  // namespace
}  // namespace asterism::house
