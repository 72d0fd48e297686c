#include "models/aion_network.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/where.h"
#include "tiny_aion.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

using Weights = std::map<std::string, at::Tensor>;

std::string weights_complaint(Weights weights) {
  nn::GivenWeights given(std::move(weights), "model.safetensors");
  try {
    AionNetwork(tiny::aion_config(), given);
  } catch (const base::DataError& error) {
    return error.what();
  }
  return "";
}

Weights tiny_weights() { return AionNetwork(tiny::aion_config()).parameters.all(); }

const char* shared_folder() { return std::getenv("ASTERISM_SHARED") ? std::getenv("ASTERISM_SHARED") : "../shared"; }

// Every name and shape of the published Base file, taken without a number in memory.
TEST(AionNetwork, HasTheKeysOfThePublishedFile) {
  std::ifstream table(std::string(shared_folder()) + "/reference/aion_keys.tsv");
  if (!table) GTEST_SKIP() << "no reference/aion_keys.tsv in " << shared_folder();
  Weights weights;
  const auto zero = at::zeros({});
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string component, name, shape, word;
    std::getline(fields, component, '\t');
    std::getline(fields, name, '\t');
    if (component != "model_base") continue;
    std::vector<int64_t> sizes;
    for (char& c : (std::getline(fields, shape), shape))
      if (c < '0' || c > '9') c = ' ';
    std::istringstream numbers(shape);
    for (int64_t n = 0; numbers >> n;) sizes.push_back(n);
    weights[name] = zero.expand(sizes);
  }
  ASSERT_EQ(weights.size(), 691U);
  nn::GivenWeights given(std::move(weights), "aion_keys.tsv");
  const auto config = with_detected(published_aion_config("base"), given);
  EXPECT_TRUE(config.qk_norm);
  const AionNetwork network(config, given);
  EXPECT_EQ(network.parameters.all().size(), 691U);
  EXPECT_EQ(network.parameters.count(), 314255616);
  EXPECT_EQ(shared_names(network).size(), 40U);
}

TEST(AionNetwork, SaysWhichWeightIsWrong) {
  const auto all = tiny_weights();
  EXPECT_EQ(weights_complaint(all), "");
  auto missing = all;
  missing.erase("decoder.1.cross_attn.kv.weight");
  EXPECT_NE(
      weights_complaint(missing).find("'decoder.1.cross_attn.kv.weight' is missing; the nearest name in the file is "
                                      "'decoder.0.cross_attn.kv.weight'"),
      std::string::npos);
  auto extra = all;
  extra["encoder.2.norm1.weight"] = at::ones({16});
  EXPECT_NE(weights_complaint(extra).find("'encoder.2.norm1.weight' has no place in this model; the nearest name is "
                                          "'encoder.0.norm1.weight'"),
            std::string::npos);
  auto shape = all;
  shape["encoder_norm.weight"] = at::ones({15});
  EXPECT_NE(weights_complaint(shape).find("'encoder_norm.weight' has shape 15, the model needs 16"), std::string::npos);
  auto type = all;
  type["encoder_norm.weight"] = at::ones({16}, at::kLong);
  EXPECT_NE(weights_complaint(type).find("'encoder_norm.weight' holds Long"), std::string::npos);
}

// Buffers may be left out; types that are narrower are widened.
TEST(AionNetwork, IsTolerantWhereNothingIsLost) {
  auto weights = tiny_weights();
  weights.erase("encoder_norm.bias");
  weights.erase("encoder_embeddings.tok_xp_bp.pos_emb");
  weights["mask_token"] = weights["mask_token"].to(at::kHalf);
  nn::GivenWeights given(weights, "file");
  const AionNetwork network(tiny::aion_config(), given), original(tiny::aion_config());
  EXPECT_TRUE(at::equal(network.tensor("encoder_norm.bias"), at::zeros({16})));
  EXPECT_TRUE(at::equal(network.tensor("encoder_embeddings.tok_xp_bp.pos_emb"),
                        original.tensor("encoder_embeddings.tok_xp_bp.pos_emb")));
  EXPECT_EQ(network.mask_token_11D.scalar_type(), at::kFloat);
}

TEST(AionNetwork, ModalityVectorsStandUnderEitherName) {
  const std::string in = "encoder_embeddings.tok_z.mod_emb", out = "decoder_embeddings.tok_z.mod_emb";
  const auto all = tiny_weights();
  ASSERT_TRUE(all.contains(out));
  ASSERT_FALSE(all.contains(in));
  auto renamed = all;
  renamed[in] = renamed[out];
  renamed.erase(out);
  auto both = all;
  both[in] = both[out].clone();
  for (const auto& weights : {all, renamed, both}) {
    nn::GivenWeights given(weights, "file");
    const AionNetwork network(tiny::aion_config(), given);
    EXPECT_TRUE(at::equal(network.tensor(in), all.at(out)));
    EXPECT_TRUE(network.tensor(in).is_same(network.tensor(out)));
  }
  both[in] = both[out] + 1;
  EXPECT_NE(weights_complaint(both).find("differ in the file"), std::string::npos);
  auto apart = tiny::aion_config();
  apart.share_modality_embeddings = false;
  nn::GivenWeights given(both, "file");
  auto more = AionNetwork(apart).parameters.all();
  more[in] = both[in];
  nn::GivenWeights own(more, "file");
  EXPECT_TRUE(at::equal(AionNetwork(apart, own).tensor(in), both[in]));
}

TEST(AionNetwork, AliasesOfTheFileAreFollowed) {
  const base::TemporaryFolder folder;
  auto weights = tiny_weights();
  const std::string kept = "decoder_embeddings.tok_z.to_logits.weight",
                    alias = "decoder_embeddings.tok_z.token_emb.weight";
  weights.erase(alias);
  const auto file = folder.path() / "model.safetensors";
  tokenizers::write_weights(file, weights, {{alias, kept}, {"format", "pt"}});
  auto given = read_aion_weights(file);
  const AionNetwork network(tiny::aion_config(), given);
  EXPECT_TRUE(at::equal(network.tensor(alias), weights.at(kept)));
}

TEST(AionNetwork, NamesTheNearestModality) {
  const AionNetwork network(tiny::aion_config());
  try {
    network.input("tok_flux_q");
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("'tok_flux_g'"), std::string::npos);
  }
  EXPECT_THROW(network.target("tok_image"), base::UserError);
}

}  // namespace
}  // namespace asterism::models
