#include "models/contrastive_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

using testing::HasSubstr;

std::string contrastive_refusal(const std::function<void(ContrastiveSettings&)>& change) {
  auto s = tiny::contrastive_model();
  change(s);
  try {
    complete(s);
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

std::string unreadable(const std::string& toml) {
  ContrastiveSettings s;
  auto fields = config::fields_of(s);
  try {
    config::read_text(fields, toml, "test");
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

TEST(ContrastiveSettings, WhatHasNoEffectIsRefused) {
  EXPECT_EQ(contrastive_refusal([](auto&) {}), "");
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.modalities.begin()->second.summary = 8; }),
              HasSubstr("model.towers.<name>.summary"));
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.bias = -5; }), HasSubstr("siglip"));
  EXPECT_EQ(contrastive_refusal([](auto& s) { s.loss = "siglip", s.bias = -5; }), "");
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.learn_temperature = false, s.temperature_high = 2; }),
              HasSubstr("no effect"));
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.towers["image_legacy"].freeze = "none"; }), HasSubstr("backbone"));
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.towers["image_legacy"].head_dropout = 0.1; }), HasSubstr("backbone"));
  EXPECT_THAT(contrastive_refusal(
                  [](auto& s) { s.towers["image_legacy"].backbone = "x", s.towers["image_legacy"].layers = 2; }),
              HasSubstr("layers"));
  EXPECT_THAT(contrastive_refusal([](auto& s) {
                auto& tower = s.towers["image_legacy"];
                tower.layers = 4, tower.backbone = "x", tower.head = "mean", tower.head_residual = false;
              }),
              HasSubstr("attention"));
}

TEST(ContrastiveSettings, SummariesAreOfImagesAndSpectra) {
  EXPECT_EQ(
      contrastive_refusal([](auto& s) { s.towers["image_legacy"].summary = 8, s.towers["image_legacy"].layers = 0; }),
      "");
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.towers["image_legacy"].layers = 0; }),
              HasSubstr("neither layers nor a summary"));
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.towers["image_legacy"].summary = 7; }), HasSubstr("even"));
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.towers["image_legacy"].summary_jitter = 0.1; }),
              HasSubstr("no effect"));
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.towers["scalars"].summary = 8; }), HasSubstr("'flux_g' is a scalar"));
  const auto beside_backbone = [](ContrastiveSettings& s, int64_t width) {
    auto& tower = s.towers["image_legacy"];
    tower.layers = 4, tower.backbone = "x", tower.summary = width;
  };
  EXPECT_EQ(contrastive_refusal([&](auto& s) { beside_backbone(s, 8); }), "");
  EXPECT_THAT(contrastive_refusal([&](auto& s) { beside_backbone(s, 7); }), HasSubstr("even"));
}

TEST(ContrastiveSettings, ContradictionsAreNamed) {
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.pairs = {"image_legacy-spectrum_dessi"}; }),
              HasSubstr("'image_legacy-spectrum_desi'"));
  EXPECT_EQ(contrastive_refusal([](auto& s) { s.pairs = {"spectrum_desi-image_legacy"}; }), "");
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.temperature_low = 0.5; }), HasSubstr("outside"));
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.temperature_low = 2; }), HasSubstr("not below"));
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.towers["scalars"].layers = 4, s.towers["scalars"].backbone = "x"; }),
              HasSubstr("one image or one spectrum"));
  EXPECT_THAT(contrastive_refusal([](auto& s) {
                auto& tower = s.towers["image_legacy"];
                tower.layers = 4, tower.backbone = "x", tower.head_heads = 3;
              }),
              HasSubstr("multiple"));
  EXPECT_THAT(contrastive_refusal([](auto& s) { s.width = 18; }), HasSubstr("multiple of 4"));
}

TEST(ContrastiveSettings, OptionsAreTyped) {
  EXPECT_THAT(unreadable("loss = 'infoncee'"), HasSubstr("infonce"));
  EXPECT_THAT(unreadable("temperature_low = 0"), HasSubstr("temperature_low"));
  EXPECT_THAT(unreadable("[towers.a]\nmodalities = ['x']\nhead = 'max'"), HasSubstr("head"));
  EXPECT_THAT(unreadable("[towers.a]\nmodalities = ['x']\nfreez = 'all'"), HasSubstr("freeze"));
  EXPECT_EQ(unreadable("loss = 'siglip'\nbias = -3.5\npairs = ['a-b']\n[towers.a]\nmodalities = ['x']\nfreeze = '2'"),
            "");
}

}  // namespace
}  // namespace asterism::models
