#include "models/backbone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "shortened.h"
#include "tiny_astroclip.h"
#include "tiny_backbones.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

using testing::HasSubstr;

class BackboneFolders : public testing::Test {
 protected:
  base::TemporaryFolder folder_;
  tiny::BackboneFolders at_{folder_.path()};
};

TEST_F(BackboneFolders, TokensAreThoseOfTheModelTheyCameFrom) {
  const at::NoGradGuard no_grad;
  const auto batch = tiny::sky(3);
  const AstroClip pair(tiny::astroclip_model());  // as saved: the same seed
  const auto& s = pair.settings();
  const auto images = prepare_images(batch.blocks.at("image_legacy"), s.image_input, s.image.patch, false);
  const auto flux = prepare_spectra(batch.blocks.at("spectrum_desi"), s.spectrum_input, false);
  const auto image = open_backbone(at_.pair, "image_legacy"), spectrum = open_backbone(at_.pair, "spectrum_desi");
  EXPECT_TRUE(
      at::equal(image->tokens(batch.blocks.at("image_legacy"), false, {}).tokens_MTC, pair.image_tokens(images)));
  EXPECT_TRUE(at::equal(spectrum->tokens(batch.blocks.at("spectrum_desi"), false, {}).tokens_MTC,
                        pair.spectrum_encoder()(pair.spectrum_encoder().tokens(flux))));
  EXPECT_TRUE(image->checks_instrument());
  EXPECT_EQ(image->blocks(), 1);
  EXPECT_EQ(image->width(), 16);
  EXPECT_EQ(spectrum->width(), 8);
}

TEST_F(BackboneFolders, MeansOfOurOwnTokensAreTheVectorsOfTheModel) {
  const at::NoGradGuard no_grad;
  auto batch = tiny::sky(4);
  auto& image = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  for (size_t k = 0; k < image.flux.size() / 8; ++k) image.mask[k] = 1, image.flux[k] = image.ivar[k] = 0;
  for (const auto& [path, modality] : {std::pair(at_.images, "image_legacy"), std::pair(at_.vision, "image_legacy"),
                                       std::pair(at_.spectra, "spectrum_desi")}) {
    const auto tokens = open_backbone(path, modality)->tokens(batch.blocks.at(modality), false, {});
    const auto weight = tokens.usable_MT.defined() ? tokens.usable_MT.to(at::kFloat).unsqueeze(2)
                                                   : at::ones({4, tokens.tokens_MTC.size(1), 1});
    const auto mean = (tokens.tokens_MTC * weight).sum(1) / weight.sum(1);
    EXPECT_TRUE(at::allclose(mean, load_model(path)->embed(batch, {}).vectors_ND, 1e-4, 1e-5)) << modality;
  }
}

TEST_F(BackboneFolders, PaddingOfSpectraIsNoToken) {
  const at::NoGradGuard no_grad;
  auto settings = tiny::astroclip_model();
  settings.spectrum_input.pixels = 0;
  AstroClip(settings).save(folder_ / "any_grid");
  const auto spectrum = open_backbone(folder_ / "any_grid", "spectrum_desi");
  auto batch = tiny::sky(3);
  tiny::shorten(batch, 1, 60);
  const auto together = spectrum->tokens(batch.blocks.at("spectrum_desi"), false, {});
  const auto by_itself = spectrum->tokens(tiny::alone(batch, 1, 60).blocks.at("spectrum_desi"), false, {});
  ASSERT_TRUE(together.usable_MT.defined());
  EXPECT_EQ(together.usable_MT.sum(1)[0].item<int64_t>(), 11);
  const auto seen = together.tokens_MTC[1].index({together.usable_MT[1]});
  ASSERT_EQ(seen.size(0), by_itself.tokens_MTC.size(1));
  EXPECT_TRUE(at::allclose(seen, by_itself.tokens_MTC[0], 1e-4, 1e-5));
}

TEST_F(BackboneFolders, ADinoBackboneIsTheNetworkThatTheSettingsName) {
  const at::NoGradGuard no_grad;
  auto batch = tiny::sky(3);
  tiny::remove(batch, "image_legacy", 1);
  auto settings = tiny::dino_model();
  for (const char* weights : {"teacher", "student"}) {
    settings.weights = weights;
    Dino whole(settings);
    whole.encoder_weights("student").at("norm.weight").detach().mul_(2);
    whole.save(folder_ / weights);
    const auto tokens =
        open_backbone(folder_ / weights, "image_legacy")->tokens(batch.blocks.at("image_legacy"), false, {});
    const auto rows = load_model(folder_ / weights)->token_rows(batch, {});
    EXPECT_TRUE(at::equal(tokens.tokens_MTC.index({tokens.usable_MT}), rows.rows_RD)) << weights;
    EXPECT_EQ(rows.objects.length(0), 17) << "CLS and sixteen patches";
    EXPECT_EQ(rows.objects.length(1), 0);
    EXPECT_NEAR(rows.rows_RD.square().mean().item<double>(), weights == std::string("student") ? 4 : 1, 0.1);
  }
}

TEST_F(BackboneFolders, EveryWeightBelongsToABlockOrToNone) {
  for (const auto& [path, modality] : at_.all()) {
    const auto backbone = open_backbone(path, modality);
    std::set<int64_t> blocks;
    for (const auto& [name, tensor] : backbone->parameters().parameters())
      if (const auto block = backbone->block_of(name)) blocks.insert(*block);
    EXPECT_EQ(*blocks.begin(), -1) << modality;
    EXPECT_EQ(*blocks.rbegin(), backbone->blocks()) << modality;
    EXPECT_EQ(int64_t(blocks.size()), backbone->blocks() + 2) << modality;
    const auto batch = tiny::sky(2);
    backbone->tokens(batch.blocks.at(modality), false, {}).tokens_MTC.square().sum().backward();
    for (const auto& [name, tensor] : backbone->parameters().parameters())
      EXPECT_EQ(tensor.grad().defined(), backbone->block_of(name).has_value()) << modality << " " << name;
  }
}

TEST_F(BackboneFolders, IsMadeAgainFromItsConfig) {
  const at::NoGradGuard no_grad;
  const auto batch = tiny::sky(2);
  for (const auto& [path, modality] : at_.all()) {
    const auto one = open_backbone(path, modality);
    const auto other = backbone_of(one->config(), "test");
    other->parameters().load(one->parameters().all(), "test");
    EXPECT_TRUE(at::equal(one->tokens(batch.blocks.at(modality), false, {}).tokens_MTC,
                          other->tokens(batch.blocks.at(modality), false, {}).tokens_MTC));
    EXPECT_EQ(fingerprint(*one), fingerprint(*other));
    const auto& [name, tensor] = *other->parameters().parameters().begin();
    tensor.detach().view(-1)[0].add_(1);
    EXPECT_NE(fingerprint(*one) == fingerprint(*other), other->block_of(name).has_value()) << name;
  }
  EXPECT_THROW(backbone_of({{"kind", "masked_spectrums"}, {"settings", {}}}, "test"), base::DataError);
  EXPECT_THROW(backbone_of(nlohmann::json::array(), "test"), base::DataError);
}

TEST_F(BackboneFolders, WhatCannotBeOneIsNamed) {
  const auto refusal = [](const std::filesystem::path& path, const std::string& modality) -> std::string {
    try {
      open_backbone(path, modality);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  };
  EXPECT_THAT(refusal(at_.images, "image_hsc"), HasSubstr("'image_legacy'"));
  EXPECT_THAT(refusal(at_.contrastive, "image_legacy"), HasSubstr("no backbone"));
  EXPECT_THAT(refusal(folder_ / "nowhere", "image_legacy"), HasSubstr("config.json"));
}

// Weights under DINOv2's names and nothing beside them: CLS and positions are seen, as its own forward pass has it.
TEST(Backbone, WeightsAloneAreEnoughForDinoV2) {
  const at::NoGradGuard no_grad;
  const base::TemporaryFolder folder;
  nn::Parameters parameters;
  VisionTransformerSettings s;
  s.image_size = tiny::kSide;
  s.patch = 4;
  s.width = 64;
  s.heads = 1;
  s.depth = 2;
  s.hidden = 16;
  const VisionTransformer encoder(nn::Scope(parameters, 1), s);
  tokenizers::write_weights(folder / "model.safetensors", parameters.all());
  const auto backbone = open_backbone(folder.path(), "image_legacy");
  const auto batch = tiny::sky(2);
  const auto tokens = backbone->tokens(batch.blocks.at("image_legacy"), false, {}).tokens_MTC;
  ImageInputSettings input;
  input.crop = tiny::kSide;
  const auto features = encoder(prepare_images(batch.blocks.at("image_legacy"), input, s.patch, false));
  EXPECT_TRUE(at::allclose(tokens, at::cat({features.cls_BD.unsqueeze(1), features.patches_BPD}, 1), 1e-5, 1e-6));
  auto other = batch;
  std::get<modalities::ImageBlock>(other.blocks.at("image_legacy")).bands[1].name = "hsc-r";
  EXPECT_THROW(backbone->tokens(other.blocks.at("image_legacy"), false, {}), base::UserError);
}

TEST(Backbone, ObservedIsWhatHasAGoodPixel) {
  auto batch = tiny::sky(3);
  tiny::remove(batch, "spectrum_desi", 0);
  auto& s = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  std::fill(s.mask.begin() + 96, s.mask.begin() + 192, uint8_t{1});
  EXPECT_EQ(observed_rows(batch.blocks.at("spectrum_desi")), (std::vector<uint8_t>{0, 0, 1}));
  EXPECT_EQ(observed_rows(batch.blocks.at("image_legacy")), (std::vector<uint8_t>{1, 1, 1}));
}

}  // namespace
}  // namespace asterism::models
