#include "tokenizers/tokenizer_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::tokenizers {
namespace {

TEST(TokenizerFolder, GoesRoundAndIsReplacedWhole) {
  const base::TemporaryFolder folder;
  nn::Parameters p;
  p.add("w", at::ones({2}));
  write_folder(folder / "codec", "scalar_bins", R"({"bins": 4})", p);
  write_folder(folder / "codec", "scalar_bins", R"({"bins": 5})", p);
  const auto config = read_folder_config(folder / "codec");
  EXPECT_EQ(config.kind, "scalar_bins");
  EXPECT_NE(config.settings_json.find('5'), std::string::npos);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 1);
}

TEST(TokenizerFolder, RefusesOtherFolders) {
  const base::TemporaryFolder folder;
  EXPECT_THROW(read_folder_config(folder / "nowhere"), base::UserError);
  std::ofstream(folder / "config.json") << R"({"kind": 3})";
  EXPECT_THROW(read_folder_config(folder.path()), base::DataError);
}

std::string default_refusal(const std::filesystem::path& folder, const std::vector<std::string>& there) {
  try {
    read_by_default(folder, there, "--given");
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

TEST(TokenizerFolder, TellsWhatItWasTrainedOn) {
  const base::TemporaryFolder folder;
  nn::Parameters p;
  p.add("w", at::ones({2}));
  write_folder(folder / "codec", "scalar_bins", R"({"bins": 4})", p);
  EXPECT_TRUE(recorded_modalities(folder / "codec").empty());
  EXPECT_THAT(default_refusal(folder / "codec", {"flux_g"}), testing::HasSubstr("say with --given"));
  record_modalities(folder / "codec", {"flux_r", "flux_g"});
  EXPECT_EQ(read_folder_config(folder / "codec").kind, "scalar_bins");
  const std::vector<std::string> both{"flux_r", "flux_g"}, one{"flux_g"};
  EXPECT_EQ(recorded_modalities(folder / "codec"), both);
  EXPECT_EQ(read_by_default(folder / "codec", {"flux_g", "flux_z"}, "--given"), one);
  EXPECT_THAT(default_refusal(folder / "codec", {"flux_z"}), testing::HasSubstr("which of 'flux_z' it reads"));
  std::ofstream(folder / "codec" / "config.json") << R"({"kind": "scalar_bins", "settings": {}, "modalities": 3})";
  EXPECT_THROW(recorded_modalities(folder / "codec"), base::DataError);
  std::ofstream(folder / "config.json") << R"({"reservoir_size": 3})";
  EXPECT_TRUE(recorded_modalities(folder.path()).empty()) << "as published";
}

}  // namespace
}  // namespace asterism::tokenizers
