#include "infer/tokenizer_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/infer/tiny_sky.h"
#include "tokenizers/scalar_bins.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::infer {
namespace {

const std::vector<std::string> kThere{"flux_g", "flux_r", "redshift"};

void save_bins(const std::filesystem::path& folder) {
  tokenizers::ScalarBins bins({});
  bins.fit(sky_objects().blocks.at("flux_g"));
  std::filesystem::create_directories(folder.parent_path());
  bins.save(folder);
}

std::string tokenizers_refusal(const std::filesystem::path& given, const std::vector<std::string>& wanted) {
  try {
    tokenizers_for(given, wanted, kThere);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "not refused";
}

TEST(TokenizerSet, AFolderOfCodecsAsAionIsPublished) {
  base::TemporaryFolder folder;
  save_bins(folder / "aion/codecs/FLUX_G");
  std::filesystem::create_directory_symlink("FLUX_G", folder / "aion/codecs/FLUX_R");
  const auto found = tokenizers_for(folder / "aion", {}, kThere);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].modality, "flux_g");
  EXPECT_EQ(found[1].modality, "flux_r");
  EXPECT_EQ(found[0].tokenizer, found[1].tokenizer);  // one folder, one set of weights
}

TEST(TokenizerSet, OneTokenizerReadsWhatIsNamed) {
  base::TemporaryFolder folder;
  save_bins(folder / "bins");
  EXPECT_EQ(tokenizers_for(folder / "bins", {"flux_g", "flux_r"}, kThere).size(), 2u);
  EXPECT_THAT(tokenizers_refusal(folder / "bins", {}), testing::HasSubstr("--modality"));
  EXPECT_THAT(tokenizers_refusal(folder / "bins", {"flux_g=other"}), testing::HasSubstr("one tokenizer"));
  EXPECT_THAT(tokenizers_refusal(folder / "bins", {"flux_h"}), testing::HasSubstr("'flux_g'"));
  EXPECT_THAT(tokenizers_refusal(folder / "bins", {"flux_g", "flux_g"}), testing::HasSubstr("twice"));
}

TEST(TokenizerSet, OneTokenizerReadsWhatItWasTrainedOn) {
  base::TemporaryFolder folder;
  save_bins(folder / "bins");
  tokenizers::record_modalities(folder / "bins", {"flux_r"});
  const auto found = tokenizers_for(folder / "bins", {}, kThere);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].modality, "flux_r");
  EXPECT_EQ(tokenizers_for(folder / "bins", {"flux_g"}, kThere)[0].modality, "flux_g");
  tokenizers::record_modalities(folder / "bins", {"flux_r", "flux_g", "flux_z"});
  EXPECT_EQ(tokenizers_for(folder / "bins", {}, kThere).size(), 2u);
  tokenizers::record_modalities(folder / "bins", {"flux_z"});
  EXPECT_THAT(tokenizers_refusal(folder / "bins", {}), testing::HasSubstr("trained on 'flux_z'"));
}

TEST(TokenizerSet, WhatIsNotThereIsNamed) {
  base::TemporaryFolder folder;
  save_bins(folder / "set/fluxes");
  EXPECT_THAT(tokenizers_refusal(folder / "set", {"flux_g=fluxe"}), testing::HasSubstr("'fluxes'"));
  EXPECT_THAT(tokenizers_refusal(folder / "set", {"flux_g"}), testing::HasSubstr("flux_g=FOLDER"));
  EXPECT_THAT(tokenizers_refusal(folder / "set", {}), testing::HasSubstr("NAME=FOLDER"));
  EXPECT_THAT(tokenizers_refusal(folder / "nothing", {"flux_g"}), testing::HasSubstr("no folder"));
  std::filesystem::create_directory(folder / "model");
  base::write_text(folder / "model" / "config.json", R"({"kind": "contrastive"})");
  EXPECT_THAT(tokenizers_refusal(folder / "model", {"flux_g"}), testing::HasSubstr("holds a model, no tokenizer"));
  std::filesystem::create_directory(folder / "empty");
  EXPECT_THAT(tokenizers_refusal(folder / "empty", {"flux_g"}), testing::HasSubstr("no tokenizer"));
}

}  // namespace
}  // namespace asterism::infer
