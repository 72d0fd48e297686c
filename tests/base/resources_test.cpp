#include "base/resources.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "base/error.h"
#include "tests/where.h"

namespace asterism::base {
namespace {

namespace fs = std::filesystem;

// Sets ASTERISM_RESOURCES for one test and puts back what was there.
class Override {
 public:
  explicit Override(const char* value) {
    if (const char* old = std::getenv(kName)) {
      was_set_ = true;
      old_ = old;
    }
    set(value);
  }
  ~Override() { set(was_set_ ? old_.c_str() : nullptr); }

 private:
  static constexpr const char* kName = "ASTERISM_RESOURCES";
  static void set(const char* value) { value != nullptr ? ::setenv(kName, value, 1) : ::unsetenv(kName); }
  bool was_set_ = false;
  std::string old_;
};

TEST(Resources, BuildFolderHasFilterCurvesAndPlotly) {
  Override none(nullptr);
  EXPECT_EQ(fs::weakly_canonical(resource_folder()),
            fs::weakly_canonical(fs::path(asterism::tests::kBuildFolder) / "share/asterism"));
  EXPECT_GT(fs::file_size(resource("plotly.min.js")), 1'000'000u);
  EXPECT_TRUE(fs::is_directory(resource("filters")));
  std::ifstream curve(resource("filters/decamDR1-r.ecsv"));
  std::string first;
  std::getline(curve, first);
  EXPECT_EQ(first.rfind("# %ECSV", 0), 0u) << first;
}

TEST(Resources, ExecutableFolderIsWhereThisTestLies) {
  EXPECT_EQ(executable_folder(), fs::canonical(fs::path(asterism::tests::kBuildFolder) / "bin"));
  EXPECT_TRUE(fs::exists(executable_folder() / "test_base"));
}

TEST(Resources, EnvironmentOverrides) {
  const auto folder = fs::temp_directory_path() / ("asterism_resources_" + std::to_string(::getpid()));
  fs::create_directories(folder / "filters");
  std::ofstream(folder / "filters" / "mine.ecsv") << "x\n";
  {
    Override mine(folder.c_str());
    EXPECT_EQ(resource_folder(), folder);
    EXPECT_EQ(resource("filters/mine.ecsv"), folder / "filters" / "mine.ecsv");
  }
  {
    Override empty("");
    EXPECT_NE(resource_folder(), folder);
  }
  fs::remove_all(folder);
}

TEST(Resources, MissingNamesThePlaceAndTheNextStep) {
  Override none(nullptr);
  try {
    resource("filters/no-such-band.ecsv");
    FAIL() << "a missing resource was found";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("share/asterism/filters/no-such-band.ecsv"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("ASTERISM_RESOURCES"), std::string::npos);
  }
}

TEST(Resources, NamesThatLeaveTheFolderAreRefused) {
  Override none(nullptr);
  EXPECT_THROW(resource(""), UserError);
  EXPECT_THROW(resource("/etc/passwd"), UserError);
  EXPECT_THROW(resource("../bin"), UserError);
  EXPECT_THROW(resource("filters/../../bin"), UserError);
  EXPECT_THROW(resource(std::string_view("plotly.min.js\0x", 15)), UserError);
}

}  // namespace
}  // namespace asterism::base
