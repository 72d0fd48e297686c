#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/any_to_any.h"
#include "nn/optim.h"
#include "tiny_aion.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

using testing::Contains;
using testing::HasSubstr;

class AnyToAnyStart : public testing::Test {
 protected:
  AnyToAnyStart() : old_(tiny::scalar_model()) {
    old_.fit(tiny::scalars(60));
    nn::AdamW optimiser(old_.parameters(), {});
    for (int64_t step = 0; step < 20; ++step) {
      old_.parameters().zero_grad();
      old_.loss(tiny::scalars(60), {1, step, true}).loss.backward();
      optimiser.step(3e-3);
    }
    old_.save(folder_ / "old");
  }
  // The same model with a flux before all others by name, other data to fit on, other first weights.
  static AnyToAnySettings with_a_flux_more() {
    auto s = tiny::scalar_model();
    s.seed = 5;
    s.modalities["a_new_flux"] = tiny::scalar_settings();
    return s;
  }
  static modalities::Batch other_objects() {
    auto batch = tiny::scalars(40, 1000);
    batch.blocks["a_new_flux"] = batch.blocks.at("flux_r");
    return batch;
  }
  std::string refusal(AnyToAny& model, const std::filesystem::path& from) {
    try {
      model.start_from(from);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  }
  static PredictRequest redshift() {
    PredictRequest request;
    request.given = {"flux_g", "flux_r"};
    request.targets = {"redshift"};
    return request;
  }
  base::TemporaryFolder folder_;
  AnyToAny old_;
};

TEST_F(AnyToAnyStart, AModalityMoreChangesNoOldAnswer) {
  AnyToAny model(with_a_flux_more());
  model.fit(other_objects());
  const auto start = model.start_from(folder_ / "old");
  const auto batch = tiny::scalars(20, 400);
  const auto before = old_.predict(batch, redshift()).scalars.at("redshift"),
             after = model.predict(batch, redshift()).scalars.at("redshift");
  EXPECT_TRUE(at::equal(before.probability_NK(), after.probability_NK()));
  EXPECT_TRUE(at::equal(before.edges_E(), after.edges_E())) << "bins are those of the old model";
  EXPECT_TRUE(at::equal(old_.embed(batch, {}).vectors_ND, model.embed(batch, {}).vectors_ND));
  EXPECT_THAT(start.taken, Contains("encoder.0.attn.qkv.weight"));
  EXPECT_TRUE(start.fresh.contains("input.scalars.weight"));
  EXPECT_TRUE(start.fresh.contains("target.a_new_flux.to_logits.weight"));
  EXPECT_FALSE(start.fresh.contains("target.redshift.to_logits.weight"));
  EXPECT_TRUE(start.unused.empty());
  auto with_new = batch;
  with_new.blocks["a_new_flux"] = batch.blocks.at("flux_r");
  auto request = redshift();
  request.targets = {"a_new_flux"};
  EXPECT_TRUE(at::isfinite(model.predict(with_new, request).scalars.at("a_new_flux").mean_N()).all().item<bool>());
}

TEST_F(AnyToAnyStart, WhatContradictsIsRefused) {
  auto settings = with_a_flux_more();
  settings.heads = 4;
  AnyToAny other_heads(settings);
  other_heads.fit(other_objects());
  EXPECT_THAT(refusal(other_heads, folder_ / "old"), HasSubstr("model.heads"));
  settings = with_a_flux_more();
  settings.modalities["redshift"].bins = 32;
  AnyToAny other_bins(settings);
  other_bins.fit(other_objects());
  EXPECT_THAT(refusal(other_bins, folder_ / "old"), HasSubstr("bins"));
  AnyToAny other_units(with_a_flux_more());
  auto objects = other_objects();
  std::get<modalities::ScalarBlock>(objects.blocks.at("flux_r")).unit = "mag";
  other_units.fit(objects);
  EXPECT_THAT(refusal(other_units, folder_ / "old"), HasSubstr("'mag'"));
  EXPECT_THAT(refusal(other_units, folder_ / "nowhere"), HasSubstr("no model folder"));
}

// The weights of a scalar go by its waves: of other waves they mean something else.
TEST_F(AnyToAnyStart, OtherWavesOfScalarsAreRefused) {
  auto settings = with_a_flux_more();
  settings.fourier_features += 2;
  AnyToAny more(settings);
  more.fit(other_objects());
  EXPECT_THAT(refusal(more, folder_ / "old"), HasSubstr("model.fourier_features = 6"));
  settings = with_a_flux_more();
  settings.fourier_finest *= 2;
  AnyToAny coarser(settings);
  coarser.fit(other_objects());
  EXPECT_THAT(refusal(coarser, folder_ / "old"), HasSubstr("model.fourier_finest"));
}

// Bands go by their names, wherever they stand among others.
TEST_F(AnyToAnyStart, BandsKeepWhatTheyHadLearned) {
  const auto sky = tiny::sky(8);
  auto settings = tiny::sky_model();
  settings.modalities["image_legacy"].bands = {"des-g", "des-r", "des-z"};
  settings.modalities["image_legacy"].summary = 8;
  AnyToAny three(settings, tiny::codecs(sky));
  three.fit(sky);
  three.save(folder_ / "three");
  settings.seed = 9;
  const EmbedRequest by_image{.given = {"image_legacy"}};
  for (const auto& bands :
       std::vector<std::vector<std::string>>{{"des-z", "des-r", "des-g"}, {"des-g", "des-i", "des-r", "des-z"}}) {
    settings.modalities["image_legacy"].bands = bands;
    AnyToAny other(settings, tiny::codecs(sky));
    other.fit(sky);
    const auto start = other.start_from(folder_ / "three");
    EXPECT_TRUE(at::equal(three.embed(sky, by_image).vectors_ND, other.embed(sky, by_image).vectors_ND)) << bands[0];
    EXPECT_EQ(start.fresh.contains("input.image_legacy.band.named.weight"), bands.size() > 3);
  }
}

TEST_F(AnyToAnyStart, CodesOfAnotherTokenizerAreRefused) {
  const auto sky = tiny::sky(8);
  AnyToAny with_codes(tiny::sky_model(), tiny::codecs(sky));
  with_codes.fit(sky);
  with_codes.save(folder_ / "codes");
  AnyToAny again(tiny::sky_model(), tiny::codecs(sky));
  again.fit(sky);
  EXPECT_TRUE(again.start_from(folder_ / "codes").fresh.empty());
  auto codecs = tiny::codecs(sky);
  {
    at::NoGradGuard no_grad;
    for (const auto& [name, weight] : codecs.at("image_legacy")->parameters().parameters()) weight.add_(0.1);
  }
  AnyToAny other(tiny::sky_model(), codecs);
  other.fit(sky);
  EXPECT_THAT(refusal(other, folder_ / "codes"), HasSubstr("tokenizer"));
}

// Published weights give their blocks to a model of measured values.
TEST_F(AnyToAnyStart, TakesTheBlocksOfAion) {
  const auto aion = folder_ / "aion";
  const auto config = tiny::aion_config();
  Aion(config, 3).save(aion);
  auto settings = tiny::sky_model();
  settings.width = config.dim;
  settings.heads = config.num_heads;
  settings.encoder_layers = config.encoder_depth;
  settings.decoder_layers = config.decoder_depth;
  settings.bias = config.qkv_bias;
  settings.qk_norm = config.qk_norm;
  const auto sky = tiny::sky(6);
  AnyToAny model(settings, tiny::codecs(sky));
  model.fit(sky);
  const auto start = model.start_from(aion);
  for (const char* name : {"encoder.0.attn.qkv.weight", "encoder.0.mlp.fc3.weight", "encoder_norm.weight",
                           "decoder.0.cross_attn.kv.weight", "decoder.0.self_attn.proj.weight", "mask_token"})
    EXPECT_THAT(start.taken, Contains(name));
  for (const auto& [name, near] : start.missing)
    EXPECT_TRUE(name.starts_with("input.") || name.starts_with("target.") || name == "temperature" || name == "nothing")
        << name;
  EXPECT_TRUE(at::isfinite(model.loss(sky, {1, 1, true}).loss).item<bool>());
}

}  // namespace
}  // namespace asterism::models
