#include "models/published_weights.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "nn/scope.h"
#include "tiny_astroclip.h"

namespace asterism::models {
namespace {

NamedTensors renamed(const NamedTensors& values, const std::function<std::string(const std::string&)>& name) {
  NamedTensors out;
  for (const auto& [key, tensor] : values) out[name(key)] = tensor;
  return out;
}

// A lone encoder of 2 blocks under DINOv2's names.
NamedTensors dino(int64_t registers = 0) {
  nn::Parameters parameters;
  VisionTransformerSettings s;
  s.image_size = 28;
  s.width = 64;
  s.depth = 2;
  s.heads = 1;
  s.hidden = 16;
  s.registers = registers;
  const VisionTransformer model(nn::Scope(parameters, 1), s);
  return parameters.all();
}

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::DataError& error) {
    return error.what();
  }
  return "";
}

TEST(PublishedWeights, WrappersChunksAndHeadsComeOff) {
  const auto plain = canonical_weights(dino(), "w");
  EXPECT_TRUE(plain.contains("image_encoder.backbone.blocks.1.attn.qkv.weight"));
  auto teacher = renamed(dino(), [](const std::string& key) {
    const auto chunked = key.rfind("blocks.", 0) == 0 ? "blocks.0." + key.substr(7) : key;
    return "teacher.backbone." + chunked;
  });
  teacher["teacher.dino_head.mlp.0.weight"] = at::zeros({2});
  teacher["teacher.dino_head.last_layer.weight_g"] = at::zeros({2});
  const auto found = canonical_weights(teacher, "w");
  ASSERT_EQ(found.size(), plain.size());
  for (const auto& [key, tensor] : plain) EXPECT_TRUE(at::equal(tensor, found.at(key))) << key;
  const auto module = renamed(dino(), [](const std::string& key) { return "module.backbone." + key; });
  EXPECT_EQ(canonical_weights(module, "w").size(), plain.size());
}

TEST(PublishedWeights, OthersWeightsAndDoublesAreRefused) {
  EXPECT_NE(error_of([] {
              canonical_weights({{"encoder.0.weight", at::zeros({1})}}, "w");
            }).find("patch_embed"),
            std::string::npos);
  auto twice = dino();
  twice["blocks.0.1.attn.qkv.weight"] = twice.at("blocks.1.attn.qkv.weight");
  EXPECT_NE(error_of([&] { canonical_weights(twice, "w"); }).find("both mean"), std::string::npos);
}

TEST(PublishedWeights, ShapesSayWhatTheModelIs) {
  const auto s = settings_of(canonical_weights(dino(4), "w"), nlohmann::json::object(), "w");
  EXPECT_EQ(s.encoders, std::vector<std::string>{"image"});
  EXPECT_EQ(s.embedding, 0);
  EXPECT_EQ(s.image.image_size, 28);
  EXPECT_EQ(s.image.patch, 14);
  EXPECT_EQ(s.image.depth, 2);
  EXPECT_EQ(s.image.heads, 1) << "64 numbers a head";
  EXPECT_EQ(s.image.hidden, 16);
  EXPECT_EQ(s.image.registers, 4);
  EXPECT_EQ(s.image_input.crop, 28);
  AstroClip pair(tiny::astroclip_model());
  const auto config = nlohmann::json::parse(
      R"({"image": {"heads": 2}, "spectrum": {"heads": 2, "slice_overlap": 4}, "pool_heads": 3, "image_head_residual": true})");
  const auto both = settings_of(canonical_weights(pair.parameters().all(), "w"), config, "w");
  EXPECT_EQ(both.encoders.size(), 2u);
  EXPECT_EQ(both.embedding, 12);
  EXPECT_EQ(both.head_hidden, 16);
  EXPECT_EQ(both.head_heads, 3);
  EXPECT_TRUE(both.image_head_residual);
  EXPECT_EQ(both.spectrum.slice, 16);
  EXPECT_EQ(both.spectrum.overlap, 4);
  EXPECT_EQ(both.spectrum.max_tokens, 16);
}

TEST(PublishedWeights, RegistersSayHowPositionsAreStretched) {
  const auto read = [](int64_t registers, const char* config) {
    return settings_of(canonical_weights(dino(registers), "w"), nlohmann::json::parse(config), "w").image;
  };
  EXPECT_EQ(read(0, "{}").interpolate_offset, 0.1);
  EXPECT_FALSE(read(0, "{}").interpolate_antialias);
  EXPECT_EQ(read(4, "{}").interpolate_offset, 0);
  EXPECT_TRUE(read(4, "{}").interpolate_antialias);
  const auto told = read(4, R"({"image": {"interpolate_offset": 0.1, "interpolate_antialias": false}})");
  EXPECT_EQ(told.interpolate_offset, 0.1) << "what the config gives goes before";
  EXPECT_FALSE(told.interpolate_antialias);
  const auto other = read(0, R"({"image": {"interpolate_antialias": true}})");
  EXPECT_EQ(other.interpolate_offset, 0.1);
  EXPECT_TRUE(other.interpolate_antialias);
}

TEST(PublishedWeights, AnyNumberOfPlanes) {
  auto weights = dino();
  weights["patch_embed.proj.weight"] = at::zeros({weights.at("patch_embed.proj.weight").size(0), 5, 14, 14});
  const auto s = settings_of(canonical_weights(weights, "w"), nlohmann::json::object(), "w");
  EXPECT_EQ(s.image.channels, 5);
  EXPECT_EQ(s.image_input.stretch, "display");
  EXPECT_EQ(s.image_input.bands.size(), 5U);
  AstroClip model(s);  // the settings fit each other
  EXPECT_EQ(model.image_encoder()(at::zeros({1, 5, 28, 28})).patches_BPD.size(1), 4);
}

TEST(PublishedWeights, WhatIsLeftOpenOrWrongIsSaid) {
  AstroClip pair(tiny::astroclip_model());
  const auto weights = canonical_weights(pair.parameters().all(), "w");
  const auto refuse = [&](const char* config) {
    return error_of([&] { settings_of(weights, nlohmann::json::parse(config), "w"); });
  };
  EXPECT_NE(refuse(R"({"spectrum": {"heads": 2}})").find("heads"), std::string::npos) << "16 numbers: not known";
  EXPECT_NE(refuse(R"({"image": {"heads": "two"}})").find("'heads' must be a whole number"), std::string::npos);
  EXPECT_NE(refuse(R"({"image": {"heads": 2}, "spectrum": {"heads": 2, "overlap": 16}})").find("share"),
            std::string::npos);
  EXPECT_NE(refuse(R"({"image": 3})").find("no table"), std::string::npos);
}

TEST(PublishedWeights, AnErrorIsNotDrownedInKeysThatWereNotReadYet) {
  const NamedTensors half{{"image_encoder.backbone.patch_embed.proj.weight", at::zeros({8, 3, 4, 4})}};
  testing::internal::CaptureStderr();
  EXPECT_THROW(settings_of(half, {{"image", {{"heads", 2}}}}, "here"), base::DataError);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(PublishedWeights, FindsTheFileOfAFolder) {
  const base::TemporaryFolder folder;
  EXPECT_THROW(weights_file_in(folder.path()), base::DataError);
  std::ofstream(folder / "teacher.safetensors") << "x";
  EXPECT_EQ(weights_file_in(folder.path()).filename(), "teacher.safetensors");
  std::ofstream(folder / "student.safetensors") << "x";
  EXPECT_THROW(weights_file_in(folder.path()), base::DataError);
  std::ofstream(folder / "astroclip.safetensors") << "x";
  EXPECT_EQ(weights_file_in(folder.path()).filename(), "astroclip.safetensors");
  EXPECT_TRUE(is_published_config(nlohmann::json::parse(R"({"image": {}})")));
  EXPECT_FALSE(is_published_config(nlohmann::json::parse(R"({"image": {}, "kind": "astroclip"})")));
}

}  // namespace
}  // namespace asterism::models
