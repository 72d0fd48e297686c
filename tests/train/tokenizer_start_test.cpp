#include "train/tokenizer_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../tokenizers/example_blocks.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "tokenizers/all.h"
#include "train/tokenizer_objective.h"

namespace asterism::train {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TokenizerStart : public testing::Test {
 protected:
  static std::unique_ptr<tokenizers::Tokenizer> fitted(const std::string& kind, const std::string& settings,
                                                       const modalities::Block& block, uint64_t seed) {
    auto out = tokenizers::make_tokenizer(kind, settings, seed);
    out->fit(block);
    return out;
  }
  static modalities::ImageBlock images(const std::vector<std::string>& bands) {
    auto out = test::images(64, 16);
    for (size_t i = 0; i < bands.size(); ++i) out.bands[i].name = bands[i];
    return out;
  }
  std::string refusal(tokenizers::Tokenizer& mine) const {
    try {
      start_tokenizer_from(mine, folder_ / "old");
    } catch (const base::UserError& error) {
      return error.what();
    }
    return "";
  }
  base::TemporaryFolder folder_;
};

const char* const kConv = R"({"size": 16, "embed": 8, "widths": [12, 16], "depths": [1, 1]})";
const char* const kTemplates =
    R"({"size": 16, "frames": ["size"], "sizes": 4, "directions": 4, "tokens": 2, "fit_rounds": 1})";

TEST_F(TokenizerStart, WeightsOfBandsGoByName) {
  const auto old = fitted("image_conv", kConv, images({"des-g", "des-r", "des-z"}), 1);
  old->save(folder_ / "old");
  auto louder = images({"des-z", "des-i", "des-g"});
  for (auto& flux : louder.flux) flux *= 3;
  for (auto& ivar : louder.ivar) ivar /= 9;
  TokenizerObjective objective(fitted("image_conv", kConv, louder, 2), {"image"});
  const auto first = objective.parameters().all();
  const auto noise = first.at("bands.noise").clone(), new_band = first.at("bands.in")[1].clone();
  const auto start = objective.start_from(folder_ / "old");
  const auto now = objective.parameters().all(), theirs = old->parameters().all();
  for (const char* table : {"bands.in", "bands.out"}) {
    EXPECT_TRUE(at::equal(now.at(table)[0], theirs.at(table)[2])) << table;
    EXPECT_TRUE(at::equal(now.at(table)[2], theirs.at(table)[0])) << table;
    EXPECT_TRUE(start.fresh.at(table)[1].all().item<bool>()) << table;
    EXPECT_FALSE(start.fresh.at(table)[0].any().item<bool>()) << table;
  }
  EXPECT_TRUE(at::equal(now.at("bands.in")[1], new_band));
  EXPECT_TRUE(at::equal(now.at("stem.weight"), theirs.at("stem.weight")));
  EXPECT_TRUE(at::equal(now.at("bands.noise"), noise)) << "of these images, as the settings say";
}

TEST_F(TokenizerStart, TemplatesOfOtherBandsAreRefused) {
  fitted("image_templates", kTemplates, images({"des-g", "des-r", "des-z"}), 1)->save(folder_ / "old");
  const auto other = fitted("image_templates", kTemplates, images({"des-g", "des-z", "des-r"}), 1);
  EXPECT_THAT(refusal(*other), AllOf(HasSubstr("bands"), HasSubstr(R"(["des-g","des-r","des-z"])"),
                                     HasSubstr(R"(["des-g","des-z","des-r"])"), HasSubstr("tokenizer.bands")));
  const auto same = fitted("image_templates", kTemplates, images({"des-g", "des-r", "des-z"}), 1);
  EXPECT_EQ(refusal(*same), "");
}

TEST_F(TokenizerStart, AnotherKindOrGridIsRefused) {
  const auto with = [](const char* low) {
    return tokenizers::make_tokenizer(
        "spectrum_templates",
        std::string(R"({"wavelength_high": 9700, "pixels": 128, "redshift_low": [0], "redshift_high": [0.5], )") +
            R"("directions": [3], "wavelength_low": )" + low + "}",
        1);
  };
  with("3700")->save(folder_ / "old");
  EXPECT_EQ(refusal(*with("3700")), "");
  EXPECT_THAT(refusal(*with("3800")),
              AllOf(HasSubstr("wavelength_low"), HasSubstr("3700"), HasSubstr("3800"), HasSubstr("/old")));
  const auto conv = fitted("image_conv", kConv, images({"des-g", "des-r", "des-z"}), 1);
  EXPECT_THAT(refusal(*conv), AllOf(HasSubstr("'spectrum_templates'"), HasSubstr("'image_conv'")));
}

}  // namespace
}  // namespace asterism::train
