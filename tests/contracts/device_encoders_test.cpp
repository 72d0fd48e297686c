// Encoders and losses that models.contract does not reach answer on a device as they do on the CPU: towers with a
// summary, of light curves, or with another model's encoder, whose features are kept; pictures; a loss in pieces; the
// average that teaches.

#include <gtest/gtest.h>

#include "../models/tiny_backbones.h"
#include "../models/tiny_sky.h"
#include "base/temporary_folder.h"
#include "modalities/light_curve.h"
#include "models/patch_encoder.h"
#include "models/value_tower.h"
#include "nn/optim.h"
#include "pretend_device.h"

namespace asterism::models {
namespace {

at::Device device() { return asterism::test::a_device(); }

bool alike(const at::Tensor& far, const at::Tensor& near, double absolute = 1e-4) {
  return at::allclose(far.detach().cpu(), near.detach(), 1e-2,
                      absolute + 1e-3 * near.detach().abs().max().item<double>());
}

void expect_encoder_gradients(nn::Parameters& far, nn::Parameters& near) {
  for (const auto& [name, tensor] : far.parameters()) {
    const auto mine = near.parameters().at(name).grad();
    ASSERT_EQ(tensor.grad().defined(), mine.defined()) << name;
    if (mine.defined()) {
      EXPECT_TRUE(alike(tensor.grad(), mine)) << name;
    }
  }
}

TEST(DeviceEncoders, ValueTowers) {
  auto batch = tiny::sky(5);
  tiny::remove(batch, "image_legacy", 1);
  auto curves = modalities::make_light_curves(5, 4, {{"ztf-g", 4800, 1400}}, "mag", "MJD");
  modalities::set_points(curves, 0, {{59000, 0, 19, 0.1f}, {59002, 0, 18, 0.1f}});
  modalities::set_points(curves, 2, {{59000, 0, 19, 0.1f}, {59002, 0, 20, 0.1f}, {59009, 0, 21, 0.2f}});
  batch.blocks["light_curve_ztf"] = curves;
  auto known = tiny::sky_model().modalities;
  known["light_curve_ztf"].kind = "light_curve";
  known["light_curve_ztf"].bands = {"ztf-g"};
  for (const char* name : {"image_legacy", "spectrum_desi", "light_curve_ztf"}) {
    TowerShape shape;
    shape.transformer.width = 16;
    shape.transformer.heads = 2;
    shape.transformer.depth = 1;
    shape.projection = 8;
    shape.summary = name == std::string("light_curve_ztf") ? 0 : 6;
    shape.summary_jitter = 0.05;
    nn::Parameters near, far;
    ValueTower here(nn::Scope(near, 1), {{name, known.at(name)}}, shape),
        there(nn::Scope(far, 1), {{name, known.at(name)}}, shape);
    here.fit(batch);
    there.fit(batch);
    far.to(device());
    const Tower::Request request{.key = {1, 2, true}};
    const auto mine = here(batch, request), theirs = there(batch, request);
    EXPECT_EQ(theirs.present_N, mine.present_N) << name;
    EXPECT_EQ(theirs.vectors_NE.device(), device());
    EXPECT_TRUE(alike(theirs.vectors_NE, mine.vectors_NE)) << name;
    mine.vectors_NE.narrow(1, 0, 3).sum().backward();
    theirs.vectors_NE.narrow(1, 0, 3).sum().backward();
    expect_encoder_gradients(far, near);
  }
}

TEST(DeviceEncoders, PatchesOfImages) {
  const base::TemporaryFolder folder;
  const tiny::BackboneFolders folders(folder.path());
  const auto batch = tiny::sky(3);
  const auto& images = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  for (const auto& where : {folders.pair, folders.images, folders.vision, folders.views, folders.contrastive}) {
    const auto near = load_model(where), far = load_model(where, device());
    const auto mine = (*near->patch_encoder("image_legacy"))(images, {4, 0, 12, 16}, {0, true, false});
    const auto theirs = (*far->patch_encoder("image_legacy"))(images, {4, 0, 12, 16}, {0, true, false});
    EXPECT_TRUE(theirs.features_NhwD.is_cpu());
    EXPECT_TRUE(alike(theirs.features_NhwD, mine.features_NhwD)) << where;
    EXPECT_TRUE(at::equal(theirs.is_token_Nhw, mine.is_token_Nhw)) << where;
    ASSERT_EQ(theirs.attention_NHhw.defined(), mine.attention_NHhw.defined()) << where;
    if (mine.attention_NHhw.defined()) {
      EXPECT_TRUE(alike(theirs.attention_NHhw, mine.attention_NHhw)) << where;
    }
  }
}

// A scale that is learned there is the one that is learned here.
TEST(DeviceEncoders, FitOnADevice) {
  const auto batch = tiny::sky(6);
  for (const char* name : {"image_legacy", "spectrum_desi"}) {
    TowerShape shape;
    shape.transformer.depth = 0;
    shape.projection = 8;
    shape.summary = 6;
    nn::Parameters near, far;
    ValueTower here(nn::Scope(near, 1), {{name, tiny::sky_model().modalities.at(name)}}, shape),
        there(nn::Scope(far, 1), {{name, tiny::sky_model().modalities.at(name)}}, shape);
    far.to(device());
    here.fit(batch);
    there.fit(batch);
    for (const auto& [key, tensor] : far.buffers()) EXPECT_TRUE(alike(tensor, near.buffers().at(key))) << key;
  }
}

TEST(DeviceEncoders, TowersOfOtherModels) {
  const base::TemporaryFolder folder;
  const tiny::BackboneFolders backbones(folder.path());
  auto batch = tiny::sky(5);
  tiny::remove(batch, "spectrum_desi", 3);
  auto& image = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  for (size_t k = 0; k < 4; ++k) image.mask[k] = 1;  // an image with fewer patches than the others
  for (const auto& [images, spectra] :
       {std::pair{backbones.pair, backbones.pair}, std::pair{backbones.images, backbones.spectra},
        std::pair{backbones.views, backbones.spectra}})
    for (const char* freeze : {"all", "none"}) {
      auto settings = tiny::aligned_model(images, spectra);
      for (auto& entry : settings.towers)
        if (!entry.second.backbone.empty()) entry.second.freeze = freeze;
      Contrastive here(settings), there(settings);
      here.fit(batch);
      there.fit(batch);
      there.to(device());
      if (freeze == std::string("all")) there.keep_features(folder / "kept");
      for (int round = 0; round < 2; ++round) {  // computed, and read again
        here.parameters().zero_grad();
        there.parameters().zero_grad();
        const auto near = here.loss(batch, {1, 1, true}).loss, far = there.loss(batch, {1, 1, true}).loss;
        EXPECT_EQ(far.device(), device());
        EXPECT_NEAR(far.item<double>(), near.item<double>(), 1e-3 * near.item<double>());
        near.backward();
        far.backward();
        expect_encoder_gradients(there.parameters(), here.parameters());
      }
      const auto mine = here.embed(batch, {}), theirs = there.embed(batch, {});
      EXPECT_TRUE(alike(theirs.vectors_ND, mine.vectors_ND));
      EXPECT_TRUE(at::equal(theirs.present_N, mine.present_N));
    }
}

TEST(DeviceEncoders, AlignmentInPieces) {
  const auto batch = tiny::sky(7);
  for (const char* loss : {"infonce", "siglip"}) {
    auto settings = tiny::contrastive_model();
    settings.loss = loss;
    Contrastive here(settings), there(settings);
    here.fit(batch);
    there.fit(batch);
    there.to(device());
    const auto near = here.add_gradient(batch, {1, 1, true}, 3), far = there.add_gradient(batch, {1, 1, true}, 3);
    EXPECT_NEAR(far.loss.item<double>(), near.loss.item<double>(), 1e-3 * std::abs(near.loss.item<double>())) << loss;
    expect_encoder_gradients(there.parameters(), here.parameters());
  }
}

// Also one that reads pictures, and whose targets are Sinkhorn's.
TEST(DeviceEncoders, TheTeacherFollowsThere) {
  const auto batch = tiny::sky(6);
  for (const char* input : {"bands", "picture"}) {
    auto settings = tiny::dino_model();
    settings.augment.noise_probability = {0, 0, 0};
    settings.encoder.input = input;
    settings.encoder.registers = 1;
    if (input == std::string("picture")) settings.centring = "sinkhorn";
    Dino here(settings), there(settings);
    there.to(device());
    nn::AdamW near(here.parameters(), {}), far(there.parameters(), {});
    for (int64_t step = 0; step < 2; ++step) {
      here.parameters().zero_grad();
      there.parameters().zero_grad();
      const auto mine = here.loss(batch, {1, step, true}, 0.3), theirs = there.loss(batch, {1, step, true}, 0.3);
      mine.loss.backward();
      theirs.loss.backward();
      for (const auto& [name, value] : mine.figures)
        EXPECT_NEAR(theirs.figures.at(name).item<double>(), value.item<double>(),
                    2e-3 * (1 + std::abs(value.item<double>())))
            << name;
      near.step(1e-3);
      far.step(1e-3);
      here.after_update(0.3);
      there.after_update(0.3);
    }
    for (const auto& [name, tensor] : there.parameters().buffers()) {
      EXPECT_EQ(tensor.device(), device()) << name;
      EXPECT_TRUE(alike(tensor, here.parameters().buffers().at(name), 1e-3)) << name;
    }
  }
}

}  // namespace
}  // namespace asterism::models
