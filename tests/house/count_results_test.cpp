// count_results.py must never report fewer failures than there were.

#include <gtest/gtest.h>

#include "tests/house/shell.h"
#include "tests/house/tree.h"
#include "tests/where.h"

namespace asterism::house {
namespace {

constexpr const char* kGood =
    "<testsuites><testsuite><testcase name='A' status='run' result='completed' classname='S'/>"
    "<testcase name='B' status='run' result='skipped' classname='S'><skipped message='x.cpp:1&#x0A;no real data here'/>"
    "</testcase><testcase name='C' status='notrun' result='suppressed' classname='S'/></testsuite></testsuites>";
constexpr const char* kBad =
    "<testsuites><testsuite><testcase name='A' status='run' result='completed' classname='S'><failure message='1 != "
    "2'/>"
    "</testcase><testcase name='B' status='run' result='completed' classname='S'/></testsuite></testsuites>";

std::string program(const std::string& name, const std::string& status) {
  return "<testcase name='" + name + "' status='" + status + "'/>";
}

struct Counted {
  int exit_code;
  std::string last_line, output;
};

Counted count(const PlantedTree& folder, int ctest_status) {
  const auto result =
      shell("python3 " + quoted(std::string(asterism::tests::kSourceFolder) + "/tests/house/count_results.py") + " " +
            quoted(folder.root().string()) + " " + std::to_string(ctest_status));
  const auto end = result.output.find_last_not_of('\n');
  const auto start = result.output.rfind('\n', end);
  return {result.exit_code, result.output.substr(start == std::string::npos ? 0 : start + 1, end - start),
          result.output};
}

void plant(PlantedTree& folder, const std::string& programs) {
  folder.file("ctest.xml", "<testsuite>" + programs + "</testsuite>");
}

TEST(CountResults, CasesAreSummedAndSkipsSayWhy) {
  PlantedTree folder;
  plant(folder, program("base", "run") + program("io", "run") + program("example.01_read", "run"));
  folder.file("test_base.xml", kGood).file("test_io.xml", kGood);
  const auto counted = count(folder, 0);
  EXPECT_EQ(counted.last_line, "3 passed, 0 failed, 2 skipped");
  EXPECT_EQ(counted.exit_code, 0);
  EXPECT_TRUE(contains(counted.output, "S.B: no real data here")) << counted.output;
}

TEST(CountResults, FailedCasesFail) {
  PlantedTree folder;
  plant(folder, program("base", "fail") + program("example.01_read", "fail"));
  folder.file("test_base.xml", kBad);
  const auto counted = count(folder, 8);
  EXPECT_EQ(counted.last_line, "1 passed, 2 failed");
  EXPECT_EQ(counted.exit_code, 1);
}

TEST(CountResults, CrashedMissingAndEmptyProgramsFail) {
  PlantedTree folder;
  plant(folder, program("crashed", "fail") + program("missing", "notrun") + program("empty", "run") +
                    program("died_at_exit", "fail"));
  folder.file("test_crashed.xml", "<testsuites><testsui").file("test_empty.xml", "<testsuites/>");
  folder.file("test_died_at_exit.xml", kGood);
  const auto counted = count(folder, 8);
  EXPECT_EQ(counted.last_line, "1 passed, 4 failed, 1 skipped");
  EXPECT_EQ(counted.exit_code, 1);
}

TEST(CountResults, NoReportAndAFailureOfCtestItselfFail) {
  PlantedTree folder;
  EXPECT_EQ(count(folder, 0).last_line, "0 passed, 1 failed");
  plant(folder, program("example.01_read", "run"));
  EXPECT_EQ(count(folder, 1).last_line, "1 passed, 1 failed");
}

}  // namespace
}  // namespace asterism::house
