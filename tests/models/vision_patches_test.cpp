#include "models/vision_patches.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tiny_astroclip.h"

namespace asterism::models {
namespace {

constexpr PatchEncoder::Part kAll{0, 0, 16, 16};

struct Looked {
  explicit Looked(const AstroClipSettings& settings) : model(settings) {
    const auto& s = model.settings();
    prepared = prepare_images(sky.blocks.at("image_legacy"), s.image_input, s.image.patch, false);
    encoder = model.patch_encoder("image_legacy");
  }
  const modalities::ImageBlock& images() const {
    return std::get<modalities::ImageBlock>(sky.blocks.at("image_legacy"));
  }
  modalities::Batch sky = tiny::sky(3);
  AstroClip model;
  at::Tensor prepared;
  std::unique_ptr<PatchEncoder> encoder;
};

AstroClipSettings three_blocks() {
  auto s = tiny::astroclip_model();
  s.image.depth = 3;
  s.image.registers = 2;
  return s;
}

TEST(VisionPatches, StandBehindClsAndRegisters) {
  const at::NoGradGuard no_grad;
  const Looked looked(three_blocks());
  const auto& vision = looked.model.image_encoder();
  const auto made = (*looked.encoder)(looked.images(), kAll, {-1, true, false});
  EXPECT_EQ(looked.encoder->looks(), "CLS");
  EXPECT_EQ(looked.encoder->heads(), 2);
  EXPECT_TRUE(made.is_token_Nhw.all().item<bool>());
  EXPECT_TRUE(at::allclose(made.features_NhwD.flatten(1, 2), vision(looked.prepared).patches_BPD, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(made.attention_NHhw.flatten(2),
                           vision.attention(looked.prepared, 2, 1).squeeze(2).narrow(2, 3, 16), 1e-4, 1e-6));
  const auto inner = (*looked.encoder)(looked.images(), kAll, {1, true, false});
  EXPECT_TRUE(at::allclose(inner.features_NhwD.flatten(1, 2),
                           vision.layers(looked.prepared, {1}, true)[0].narrow(1, 3, 16), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(inner.attention_NHhw.flatten(2),
                           vision.attention(looked.prepared, 1, 1).squeeze(2).narrow(2, 3, 16), 1e-4, 1e-6));
  EXPECT_THROW((*looked.encoder)(looked.images(), kAll, {3, false, false}), base::UserError);
}

TEST(VisionPatches, OfAReleasedTowerAreThoseThatItEmbeds) {
  const at::NoGradGuard no_grad;
  auto settings = three_blocks();
  settings.image_positions = false;
  const Looked looked(settings);
  const auto& vision = looked.model.image_encoder();
  const auto made = (*looked.encoder)(looked.images(), kAll, {-1, true, false});
  const auto tokens = looked.model.image_tokens(looked.prepared);
  EXPECT_TRUE(at::allclose(made.features_NhwD.flatten(1, 2), tokens, 1e-4, 1e-5));
  EXPECT_EQ(looked.encoder->looks(), "the query of the head");
  const auto weights = looked.model.image_head()(tokens).weights_BHN;
  EXPECT_TRUE(at::allclose(made.attention_NHhw.flatten(2), weights, 1e-4, 1e-6));
  EXPECT_TRUE(at::allclose(made.attention_NHhw.sum({2, 3}), at::ones({3, 2}), 1e-4, 1e-5));
  const auto inner = (*looked.encoder)(looked.images(), kAll, {0, false, false}).features_NhwD.flatten(1, 2);
  EXPECT_TRUE(at::allclose(inner, vision.bag_of_patches(looked.prepared, 0), 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(inner, tokens, 1e-2, 1e-3));
  EXPECT_TRUE(at::allclose(vision.bag_of_patches(looked.prepared, 2), tokens, 1e-4, 1e-5)) << "the last";
  EXPECT_THROW((void)vision.bag_of_patches(looked.prepared, 3), base::UserError);
}

TEST(VisionPatches, GeometryAndPartsAreInPreparedPixels) {
  auto settings = tiny::astroclip_model();
  settings.image_input.crop = 8;
  settings.image_input.resize = 16;
  const Looked looked(settings);
  const auto geometry = looked.encoder->geometry(looked.images());
  EXPECT_EQ(geometry.top, 4);
  EXPECT_EQ(geometry.height, 8);
  EXPECT_EQ(geometry.out_height, 16);
  EXPECT_DOUBLE_EQ(geometry.pixel_scale_arcsec, 0.131);
  EXPECT_DOUBLE_EQ(geometry.centre_x, 7.5);
  const at::NoGradGuard no_grad;
  const auto part = (*looked.encoder)(looked.images(), {2, 1, 12, 8}, {});
  const auto cut = looked.prepared.narrow(2, 2, 12).narrow(3, 1, 8);
  EXPECT_TRUE(
      at::allclose(part.features_NhwD.flatten(1, 2), looked.model.image_encoder()(cut).patches_BPD, 1e-4, 1e-5));
  auto other = looked.images();
  other.pixel_scale_arcsec = 0.4;
  EXPECT_THROW((*looked.encoder)(other, kAll, {}), base::UserError);
  EXPECT_NO_THROW((*looked.encoder)(other, kAll, {-1, false, true}));
}

TEST(VisionPatches, ALoneSpectrumEncoderHasNone) {
  auto settings = tiny::astroclip_model();
  settings.encoders = {"spectrum"};
  EXPECT_FALSE(AstroClip(settings).patch_encoder("spectrum_desi"));
  EXPECT_FALSE(AstroClip(settings).patch_encoder("image_legacy"));
}

}  // namespace
}  // namespace asterism::models
