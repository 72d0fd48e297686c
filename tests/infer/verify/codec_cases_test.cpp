#include "infer/verify/codec_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/temporary_folder.h"
#include "infer/verify/all.h"
#include "tests/where.h"
#include "tokenizers/aion/scalar.h"
#include "tokenizers/weights_file.h"

namespace asterism::infer {
namespace {

using testing::HasSubstr;

std::filesystem::path codec_fixtures() {
  const char* shared = std::getenv("ASTERISM_SHARED");
  return (shared != nullptr ? std::filesystem::path(shared)
                            : std::filesystem::path(tests::kSourceFolder) / ".." / "shared") /
         "fixtures";
}

// A grid codec with what it gives for five values.
void write_grid_case(const std::filesystem::path& folder, const std::string& name, int64_t first_token) {
  tokenizers::aion::ScalarSettings settings;
  settings.form = tokenizers::aion::ScalarForm::grid;
  settings.codebook_size = 5;
  std::filesystem::create_directories(folder / "codecs");
  tokenizers::aion::AionScalar(settings).save(folder / "codecs" / "Z@five");
  std::filesystem::create_directories(folder / "io");
  tokenizers::write_weights(
      folder / "io" / (name + ".safetensors"),
      {{"in.value", at::tensor({-1.0f, 0.3f, 0.5f, 0.51f, 9.0f})},
       {"out.tokens", at::tensor({first_token, int64_t(2), int64_t(2), int64_t(3), int64_t(4)}, at::kInt)},
       {"out.decoded", at::tensor({0.0f, 0.5f, 0.5f, 0.75f, 1.0f})}},
      {{"info", R"({"codec": "Z@five"})"}});
}

CaseReport only(const std::filesystem::path& folder) {
  CaseReport out;
  verify_fixtures(folder, {}, [&](const CaseReport& one) { out = one; });
  return out;
}

TEST(CodecCases, AFolderMadeHerePassesAndAPlantedFaultFails) {
  const base::TemporaryFolder folder;
  write_grid_case(folder / "good", "scalar_Z", 0);
  const auto good = only(folder / "good");
  EXPECT_TRUE(good.passed) << good.error;
  EXPECT_EQ(good.lines.size(), 2U);
  write_grid_case(folder / "bad", "scalar_Z", 1);
  const auto bad = only(folder / "bad");
  EXPECT_FALSE(bad.passed);
  EXPECT_TRUE(bad.error.empty()) << bad.error;
}

// What is replayed is what lies in io/: either manifest may be missing, empty, or of something else.
TEST(CodecCases, ManifestsAreNotAsked) {
  const base::TemporaryFolder folder;
  write_grid_case(folder.path(), "scalar_Z", 0);
  EXPECT_TRUE(only(folder.path()).passed) << "neither is there";
  for (const char* text : {"", "{}", "[{\"case\": \"image_ls96\"}]", "no JSON"}) {
    for (const char* name : {"manifest.json", "manifest_astroclip.json"}) std::ofstream(folder / name) << text;
    std::vector<std::string> names;
    const auto summary = verify_fixtures(folder.path(), {}, [&](const CaseReport& one) {
      names.push_back(one.name);
      EXPECT_TRUE(one.passed) << one.error;
    });
    EXPECT_EQ(summary.cases, 1) << text;
    EXPECT_EQ(summary.failed, 0) << text;
    EXPECT_EQ(names, std::vector<std::string>{"scalar_Z"}) << text;
  }
}

// A folder of links, to files as a hub's cache makes them and to whole folders, is the folder that they lead to.
TEST(CodecCases, LinkedFilesAndFoldersAreRead) {
  namespace fs = std::filesystem;
  const base::TemporaryFolder folder;
  write_grid_case(folder / "real", "scalar_Z", 0);
  fs::create_directories(folder / "linked" / "io");
  fs::create_directories(folder / "linked" / "codecs" / "Z@five");
  fs::create_symlink(folder / "real" / "io" / "scalar_Z.safetensors", folder / "linked" / "io" / "again.safetensors");
  for (const char* name : {"config.json", "model.safetensors"})
    fs::create_symlink(folder / "real" / "codecs" / "Z@five" / name, folder / "linked" / "codecs" / "Z@five" / name);
  const auto one = only(folder / "linked");
  EXPECT_EQ(one.name, "again");
  EXPECT_TRUE(one.passed) << one.error;
  fs::create_directories(folder / "folders");
  for (const char* name : {"io", "codecs"})
    fs::create_directory_symlink(folder / "real" / name, folder / "folders" / name);
  EXPECT_TRUE(only(folder / "folders").passed) << only(folder / "folders").error;
  // one that leads nowhere is a case that failed, not one that is not there
  fs::remove(folder / "real" / "io" / "scalar_Z.safetensors");
  const auto lost = only(folder / "linked");
  EXPECT_FALSE(lost.passed);
  EXPECT_THAT(lost.error, HasSubstr("again"));
}

// A link to itself is no reason to replay nothing.
TEST(CodecCases, ALinkInACircleFailsByNameAndTheRestGoesOn) {
  const base::TemporaryFolder folder;
  write_grid_case(folder.path(), "scalar_Z", 0);
  std::filesystem::create_symlink("circle.safetensors", folder / "io" / "circle.safetensors");
  std::map<std::string, CaseReport> found;
  const auto summary = verify_fixtures(folder.path(), {}, [&](const CaseReport& one) { found[one.name] = one; });
  EXPECT_EQ(summary.cases, 2);
  EXPECT_EQ(summary.failed, 1);
  EXPECT_TRUE(found["scalar_Z"].passed) << found["scalar_Z"].error;
  EXPECT_THAT(found["circle"].error, HasSubstr("circle.safetensors"));
}

TEST(CodecCases, ACodecThatIsNotThereFailsItsCaseByName) {
  const base::TemporaryFolder folder;
  write_grid_case(folder.path(), "scalar_Z", 0);
  std::filesystem::rename(folder / "codecs" / "Z@five", folder / "codecs" / "elsewhere");
  EXPECT_THAT(only(folder.path()).error, HasSubstr("Z@five"));
}

// Every codec case of the project's fixtures, made by the reference program with random weights.
TEST(CodecCases, TheReferencesOwnAnswers) {
  const auto folder = codec_fixtures();
  if (!is_fixture_folder(folder)) GTEST_SKIP() << "no " << folder << ": set ASTERISM_SHARED";
  std::vector<std::string> cases;
  for (const auto& name : fixture_cases(folder))
    if (is_codec_case(FixtureCase::open(folder, name))) cases.push_back(name);
  ASSERT_FALSE(cases.empty());
  verify_fixtures(folder, cases, [](const CaseReport& one) {
    EXPECT_TRUE(one.passed) << one.name << ": " << one.error;
    for (const auto& line : one.lines) EXPECT_TRUE(line.passed) << one.name << " " << line.output << ": " << line.what;
  });
}

}  // namespace
}  // namespace asterism::infer
