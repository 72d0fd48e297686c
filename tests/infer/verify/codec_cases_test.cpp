#include "infer/verify/codec_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

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
