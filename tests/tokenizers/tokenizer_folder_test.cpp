#include "tokenizers/tokenizer_folder.h"

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

}  // namespace
}  // namespace asterism::tokenizers
