#include "models/aion_config.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::models {
namespace {

nlohmann::json published() { return published_aion_config("base").to_json(); }

std::string config_complaint(const nlohmann::json& json) {
  try {
    read_aion_config(json, "config.json");
  } catch (const base::DataError& error) {
    return error.what();
  }
  return "";
}

TEST(AionConfig, ReadsWhatItWrites) {
  auto json = published();
  json["num_register_tokens"] = 2;
  json["mlp_ratio"] = 2.5;
  json["share_modality_embeddings"] = false;
  json["use_act_checkpoint"] = true;
  const auto config = read_aion_config(json, "config.json");
  EXPECT_EQ(config.to_json(), json);
  EXPECT_TRUE(is_aion_config(json));
  EXPECT_FALSE(is_aion_config({{"kind", "any_to_any"}}));
}

TEST(AionConfig, AbsentKeysAreThoseOfThePackage) {
  const auto config = read_aion_config({{"domains_in", {"tok_z"}}, {"domains_out", {"tok_z"}}}, "config.json");
  EXPECT_EQ(config.dim, 768);
  EXPECT_TRUE(config.qkv_bias && config.proj_bias && config.mlp_bias);
  EXPECT_FALSE(config.gated_mlp || config.qk_norm);
}

TEST(AionConfig, HiddenWidthsAreRoundedAsThePackageRounds) {
  auto config = published_aion_config("base");
  EXPECT_EQ(config.transformer(1).hidden_width(), 2048);
  EXPECT_EQ(published_aion_config("large").transformer(1).hidden_width(), 2730);
  EXPECT_EQ(published_aion_config("xlarge").transformer(1).hidden_width(), 5461);
  config.dim = 20;
  config.mlp_ratio = 3.3;  // 20 * 3.3 = 66, and two thirds of it 44
  EXPECT_EQ(config.transformer(1).hidden_width(), 44);
  config.gated_mlp = false;
  EXPECT_EQ(config.transformer(1).hidden_width(), 66);
}

TEST(AionConfig, SaysWhatIsWrong) {
  const auto with = [](const char* key, nlohmann::json value) {
    auto json = published();
    json[key] = std::move(value);
    return config_complaint(json);
  };
  EXPECT_EQ(config_complaint(published()), "");
  EXPECT_NE(with("num_headz", 3).find("'num_headz' is not known; the nearest is 'num_heads'"), std::string::npos);
  EXPECT_NE(with("dim", "wide").find("'dim'"), std::string::npos);
  EXPECT_NE(with("dim", 770).find("multiple"), std::string::npos);
  EXPECT_NE(with("dim", -4).find("allowed"), std::string::npos);
  EXPECT_NE(with("dim", int64_t(1) << 40).find("allowed"), std::string::npos);
  EXPECT_NE(with("act_layer", "SiLu").find("the nearest is 'SiLU'"), std::string::npos);
  EXPECT_NE(with("qk_norm", 1).find("'qk_norm'"), std::string::npos);
  EXPECT_NE(with("domains_in", {"tok_z", "tok_z"}).find("twice"), std::string::npos);
  EXPECT_NE(with("domains_in", nlohmann::json::array()).find("reads nothing"), std::string::npos);
  EXPECT_NE(with("domains_in", "tok_z").find("no list"), std::string::npos);
}

TEST(AionConfig, KnowsThePublishedModalities) {
  EXPECT_EQ(aion_modalities().size(), 40U);
  EXPECT_EQ(find_aion_modality("tok_image")->tokens(), 576);
  EXPECT_EQ(find_aion_modality("tok_z")->vocabulary, 1025);
  EXPECT_TRUE(find_aion_modality("catalog")->sequence);
  EXPECT_EQ(find_aion_modality("tok_imagd"), nullptr);
  EXPECT_THROW(published_aion_config("bse"), base::UserError);
}

}  // namespace
}  // namespace asterism::models
