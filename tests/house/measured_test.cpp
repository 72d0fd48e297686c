// The pages of docs/measured say what bench/results says, and bench/measured.py finds where they do not.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "tests/house/shell.h"
#include "tests/house/tree.h"
#include "tests/where.h"

namespace asterism::house {
namespace {

namespace fs = std::filesystem;

ShellResult measured(const fs::path& root, const std::string& options = "--check") {
  return shell("python3 " + quoted(std::string(asterism::tests::kSourceFolder) + "/bench/measured.py") + " --root " +
               quoted(root.string()) + " " + options);
}

// The files that the program reads and writes, to be changed.
class Measured : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path source = asterism::tests::kSourceFolder;
    fs::create_directories(root() / "bench");
    fs::create_directories(root() / "docs");
    for (const char* folder : {"bench/results", "bench/measured", "docs/measured"})
      fs::copy(source / folder, root() / folder, fs::copy_options::recursive);
    fs::copy(source / "docs/measured.md", root() / "docs/measured.md");
  }

  const fs::path& root() const { return copy_.root(); }

  // The first match of `pattern` in `file` becomes `text`.
  void change(const std::string& file, const std::string& pattern, const std::string& text) {
    const std::string before = copy_.tree().text(file);
    const std::string after =
        std::regex_replace(before, std::regex(pattern), text, std::regex_constants::format_first_only);
    ASSERT_TRUE(before != after) << file << " has no " << pattern;
    copy_.file(file, after);
  }

  void expect_fault(const std::vector<std::string>& parts) {
    const auto result = measured(root());
    EXPECT_EQ(result.exit_code, 1) << result.output;
    for (const auto& part : parts) EXPECT_TRUE(contains(result.output, part)) << part << " in\n" << result.output;
  }

  PlantedTree copy_;
};

TEST_F(Measured, PagesOfThisTreeAreWhatTheResultsSay) {
  const auto result = measured(asterism::tests::kSourceFolder);
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(measured(root()).exit_code, 0);
}

TEST_F(Measured, AChangedResultIsFoundAndItsTableNamed) {
  change("bench/results/zcosmos_inputs.json", R"re("sigma_NMAD": 0\.0150)re", "\"sigma_NMAD\": 0.0250");
  expect_fault({"docs/measured/redshifts.md:", "'Should fluxes go in as values or as tokens?'",
                "docs/measured.md:"});  // the first number stands in the list of questions as well
  EXPECT_EQ(measured(root(), "").exit_code, 0);
  EXPECT_EQ(measured(root()).exit_code, 0) << "written again";
}

TEST_F(Measured, AChangedPageIsFoundAndItsTableNamed) {
  change("docs/measured/pairs.md", R"re(\| nearest of binned spectra \| 0\.27)re",
         "| nearest of binned spectra | 0.17");
  expect_fault({"docs/measured/pairs.md:", "'Does half of the light find the other half?'"});
}

TEST_F(Measured, AWordMoreOnAPageIsFound) {
  change("docs/measured/tokens.md", R"re(\n## What is left of an image)re",
         "\nA word more.\n\n## What is left of an image");
  expect_fault({"docs/measured/tokens.md:", "'What is left of an image of four bands in 90 bits?'"});
}

TEST_F(Measured, AFileThatNoTableShowsIsFound) {
  copy_.file("bench/results/never_shown.json", "{\"figure\": \"never_shown\"}\n");
  expect_fault({"bench/results/never_shown.json: no table shows it"});
}

TEST_F(Measured, APageThatNothingTellsIsFound) {
  copy_.file("docs/measured/old.md", "# Old\n");
  expect_fault({"docs/measured/old.md: no file of bench/measured tells this page"});
}

TEST_F(Measured, ATableThatAsksForWhatIsNotThereSaysSo) {
  change("bench/measured/redshifts.toml", "model, given all but flux_cosmos_u\"",
         "model, given all but flux_cosmos_x\"");
  expect_fault({"bench/measured/redshifts.toml", "'What if one of the nine bands is missing?'", "row 'without u'",
                "0 scores of zcosmos.json"});
}

TEST_F(Measured, ABaselineIsNeverOurs) {
  change("bench/measured/redshifts.toml", "method = \"model, given all but flux_cosmos_u\"",
         "method = \"magnitudes and colours, 15-NN\"");
  expect_fault({"row 'without u'", "is a baseline, not ours"});
}

TEST_F(Measured, TheListOfQuestionsShowsTheCellThatItsHeadlineNames) {
  change("bench/measured/redshifts.toml",
         R"re(words = "without the r band, sigma_NMAD ↓", column = "sigma_NMAD ↓", ours = "without r")re",
         R"(words = "outliers without the u band", column = "outliers ↓", ours = "without u")");
  EXPECT_EQ(measured(root(), "").exit_code, 0);
  EXPECT_TRUE(
      contains(copy_.tree().text("docs/measured.md"),
               "| outliers without the u band | **1.7%** | 15 neighbours in magnitudes and colours, all nine 1.4% |"));
}

TEST_F(Measured, AHeadlineInOtherWordsNamesItsCell) {
  change("bench/measured/any_to_any.toml", R"re(, column = "redshift, CRPS ↓", ours = "g, r, i, z")re", "");
  expect_fault(
      {"bench/measured/any_to_any.toml", "'What does each subset of four fluxes tell", "give `column` and `ours`"});
}

TEST_F(Measured, AHeadlineOfARowThatIsNotThereIsRefused) {
  change("bench/measured/redshifts.toml", R"re(ours = "without r", beside)re", R"(ours = "without y", beside)");
  expect_fault(
      {"bench/measured/redshifts.toml", "'What if one of the nine bands is missing?'", "row of 'ours' 'without y'"});
}

TEST_F(Measured, ABoundThatIsNotReachedIsSaid) {
  change("bench/measured/redshifts.toml", "most 0\\.0171", "most 0.0001");
  EXPECT_EQ(measured(root(), "").exit_code, 0);
  EXPECT_TRUE(contains(copy_.tree().text("docs/measured/redshifts.md"), "≤ 0.0001: not reached"));
}

}  // namespace
}  // namespace asterism::house
