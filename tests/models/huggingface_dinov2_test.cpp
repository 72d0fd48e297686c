#include "models/huggingface_dinov2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "models/all.h"
#include "models/astroclip.h"
#include "models/codec_vectors.h"
#include "models/published_weights.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

using testing::HasSubstr;
using Weights = std::map<std::string, at::Tensor>;

enum class Kind { kPlain, kSwiglu, kRegisters };

constexpr int64_t kWidth = 24, kHidden = 48, kGated = 32;

// Tensor k by name: 0.2 sin(0.37 i + k) at place i, and 1 more where it scales.
void fill(Weights& values) {
  int64_t k = 0;
  for (auto& [name, tensor] : values) {
    const auto shape = tensor.sizes().vec();
    const auto i = at::arange(tensor.numel(), at::kDouble);
    const bool scales = name.ends_with("norm1.weight") || name.ends_with("norm2.weight") ||
                        name.ends_with("layernorm.weight") || name.ends_with("lambda1");
    tensor = (0.2 * at::sin(0.37 * i + double(k++)) + (scales ? 1 : 0)).to(at::kFloat).view(shape);
  }
}

// What transformers' save_pretrained writes of a model of 2 blocks of 24 numbers, 28 pixels in patches of 7.
Weights written(Kind kind, const std::string& front = "") {
  Weights out;
  const auto add = [&](const std::string& name, at::IntArrayRef shape) { out[front + name] = at::zeros(shape); };
  const auto linear = [&](const std::string& name, int64_t outputs, int64_t inputs) {
    add(name + ".weight", {outputs, inputs});
    add(name + ".bias", {outputs});
  };
  add("embeddings.cls_token", {1, 1, kWidth});
  add("embeddings.mask_token", {1, kWidth});
  add("embeddings.position_embeddings", {1, 17, kWidth});
  if (kind == Kind::kRegisters) add("embeddings.register_tokens", {1, 3, kWidth});
  add("embeddings.patch_embeddings.projection.weight", {kWidth, 3, 7, 7});
  add("embeddings.patch_embeddings.projection.bias", {kWidth});
  for (const std::string block : {"encoder.layer.0.", "encoder.layer.1."}) {
    for (const char* part : {"query", "key", "value"}) linear(block + "attention.attention." + part, kWidth, kWidth);
    linear(block + "attention.output.dense", kWidth, kWidth);
    const bool gated = kind == Kind::kSwiglu;
    linear(block + (gated ? "mlp.weights_in" : "mlp.fc1"), gated ? 2 * kGated : kHidden, kWidth);
    linear(block + (gated ? "mlp.weights_out" : "mlp.fc2"), kWidth, gated ? kGated : kHidden);
    for (const char* scale : {"layer_scale1.lambda1", "layer_scale2.lambda1"}) add(block + scale, {kWidth});
    for (const char* norm : {"norm1", "norm2"})
      for (const char* what : {".weight", ".bias"}) add(block + norm + what, {kWidth});
  }
  for (const char* what : {"layernorm.weight", "layernorm.bias"}) add(what, {kWidth});
  fill(out);
  return out;
}

nlohmann::json config_of(Kind kind) {
  nlohmann::json out = {{"model_type", kind == Kind::kRegisters ? "dinov2_with_registers" : "dinov2"},
                        {"hidden_size", kWidth},
                        {"num_attention_heads", 2},
                        {"num_hidden_layers", 2},
                        {"image_size", 28},
                        {"patch_size", 7},
                        {"num_channels", 3},
                        {"mlp_ratio", 2},
                        {"hidden_act", "gelu"},
                        {"layer_norm_eps", 1e-6},
                        {"use_swiglu_ffn", kind == Kind::kSwiglu},
                        {"transformers_version", "5.24.0"}};
  if (kind == Kind::kRegisters) out["num_register_tokens"] = 3;
  return out;
}

class HuggingFaceDinov2 : public testing::Test {
 protected:
  void write(const Weights& values, const nlohmann::json& config, bool preprocessor = true) const {
    tokenizers::write_weights(folder_ / "model.safetensors", values, {{"format", "pt"}});
    io::write_json(folder_ / "config.json", config);
    if (preprocessor)
      io::write_json(folder_ / "preprocessor_config.json", {{"crop_size", {{"height", 30}, {"width", 30}}},
                                                            {"do_normalize", true},
                                                            {"image_mean", {0.485, 0.456, 0.406}},
                                                            {"image_std", {0.229, 0.224, 0.225}}});
  }
  std::string refused(const Weights& values, const nlohmann::json& config) const {
    try {
      write(values, config);
      load_model(folder_.path(), at::kCPU);
      return "";
    } catch (const base::DataError& error) {
      return error.what();
    }
  }
  base::TemporaryFolder folder_;
};

at::Tensor picture(int64_t height, int64_t width) {
  return at::cos(0.05 * at::arange(3 * height * width, at::kDouble)).to(at::kFloat).view({1, 3, height, width});
}

// The numbers are those of transformers 5.24 (Dinov2Model, Dinov2WithRegistersModel, from_pretrained) for the same
// weights and pictures: of the pooled output, and of the last patch.
TEST_F(HuggingFaceDinov2, IsWhatTransformersComputes) {
  struct Case {
    Kind kind;
    int64_t height, width;
    std::vector<double> pooled, patch;
  };
  for (const auto& one : {Case{Kind::kPlain, 28, 28, {-1.772969, -0.339838, -0.650864}, {-1.44296, 0.663504}},
                          {Kind::kPlain, 42, 35, {-1.800288, -0.146291, -0.65143}, {-1.209851, -0.067096}},
                          {Kind::kPlain, 14, 21, {-1.761272, -0.431651, -0.651746}, {-1.885234, 0.192392}},
                          {Kind::kSwiglu, 28, 28, {-1.19903, -0.228419, -1.248508}, {-1.01231, 0.986234}},
                          {Kind::kSwiglu, 42, 35, {-1.314691, -0.023652, -1.228487}, {-0.681585, 0.223589}},
                          {Kind::kRegisters, 28, 28, {-2.18634, 0.131192, -0.44622}, {-1.869894, 0.956733}},
                          {Kind::kRegisters, 42, 35, {-2.187063, 0.125498, -0.442665}, {-1.809639, 0.218865}},
                          {Kind::kRegisters, 14, 21, {-2.18392, 0.141873, -0.465056}, {-2.333516, 0.566692}}}) {
    write(written(one.kind), config_of(one.kind));
    const auto model = AstroClip::load(folder_.path());
    at::NoGradGuard no_grad;
    const auto found = model->image_encoder()(picture(one.height, one.width));
    for (size_t i = 0; i < one.pooled.size(); ++i)
      EXPECT_NEAR(found.cls_BD[0][int64_t(i)].item<double>(), one.pooled[i], 1e-4) << int(one.kind) << one.height;
    for (size_t i = 0; i < one.patch.size(); ++i)
      EXPECT_NEAR(found.patches_BPD[0][-1][int64_t(i)].item<double>(), one.patch[i], 1e-4) << int(one.kind);
  }
}

TEST_F(HuggingFaceDinov2, WhatGoesInIsThePreprocessors) {
  write(written(Kind::kPlain), config_of(Kind::kPlain));
  EXPECT_FALSE(holds_tokenizer(folder_.path()));
  const auto input = AstroClip::load(folder_.path())->settings().image_input;
  EXPECT_EQ(input.mean, (std::vector<double>{0.485, 0.456, 0.406}));
  EXPECT_EQ(input.deviation, (std::vector<double>{0.229, 0.224, 0.225}));
  EXPECT_EQ(input.crop, 0);
  EXPECT_EQ(input.resize, 28);  // whole patches nearest to 30
  EXPECT_EQ(input.pixel_scale_arcsec, 0);
  auto own = config_of(Kind::kPlain);
  own["image_input"] = {{"modality", "image_hsc"}, {"resize", 0}};
  write(written(Kind::kPlain), own);
  const auto changed = AstroClip::load(folder_.path())->settings().image_input;
  EXPECT_EQ(changed.modality, "image_hsc");
  EXPECT_EQ(changed.resize, 0);
  EXPECT_EQ(changed.mean, input.mean);
  write(written(Kind::kPlain), config_of(Kind::kPlain));
  io::write_json(folder_ / "preprocessor_config.json", {{"crop_size", 28}, {"do_center_crop", false}, {"size", 42}});
  testing::internal::CaptureStderr();
  EXPECT_EQ(AstroClip::load(folder_.path())->settings().image_input.resize, 42) << "what is not done is not the size";
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no 'image_mean' in preprocessor_config.json"));
  std::filesystem::remove(folder_ / "preprocessor_config.json");
  testing::internal::CaptureStderr();
  EXPECT_TRUE(AstroClip::load(folder_.path())->settings().image_input.mean.empty());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no preprocessor_config.json"));
}

TEST_F(HuggingFaceDinov2, APreprocessorThatIsNoneIsRefused) {
  for (const auto& [wrong, says] : {std::pair<nlohmann::json, const char*>{{1, 2}, "is no table"},
                                    {{{"do_normalize", "yes"}}, "must be true or false, found \"yes\""}}) {
    write(written(Kind::kPlain), config_of(Kind::kPlain));
    io::write_json(folder_ / "preprocessor_config.json", wrong);
    EXPECT_THAT([&] { AstroClip::load(folder_.path()); }, testing::ThrowsMessage<base::DataError>(HasSubstr(says)));
  }
  for (const auto& [wrong, says] :
       {std::pair<nlohmann::json, const char*>{{{"image_mean", 0.5}}, "mean"},
        {{{"image_mean", {0.1, 0.2, 0.3}}}, "3 means and 0 deviations"},
        {{{"image_mean", {0.1, 0.2}}, {"image_std", {0.1, 0.2}}}, "2 entries for 3 channels"},
        {{{"crop_size", int64_t{1} << 60}}, "resize"}}) {
    io::write_json(folder_ / "preprocessor_config.json", wrong);
    EXPECT_THAT([&] { AstroClip::load(folder_.path()); }, testing::ThrowsMessage<base::UserError>(HasSubstr(says)));
  }
}

// As transformers saves a classifier; and saved by us it is a folder of ours.
TEST_F(HuggingFaceDinov2, ClassifiersAreReadWithoutTheirHead) {
  auto classifier = written(Kind::kPlain, "dinov2.");
  classifier["classifier.weight"] = at::zeros({5, 2 * kWidth});
  classifier["classifier.bias"] = at::zeros({5});
  write(classifier, config_of(Kind::kPlain));
  const auto model = AstroClip::load(folder_.path());
  EXPECT_EQ(model->parameters().all().size(),
            canonical_weights(from_huggingface(written(Kind::kPlain), "w"), "w").size());
  model->save(folder_ / "ours");
  at::NoGradGuard no_grad;
  EXPECT_TRUE(at::equal(AstroClip::load(folder_ / "ours")->image_encoder()(picture(28, 28)).cls_BD,
                        model->image_encoder()(picture(28, 28)).cls_BD));
}

TEST_F(HuggingFaceDinov2, WhatDoesNotFitIsRefusedByName) {
  auto less = written(Kind::kPlain);
  less.erase("encoder.layer.1.attention.attention.key.weight");
  EXPECT_THAT(refused(less, config_of(Kind::kPlain)),
              HasSubstr("'encoder.layer.1.attention.attention.key.weight' is missing"));
  auto more = written(Kind::kPlain);
  more["encoder.layer.1.adapter.weight"] = at::zeros({2});
  EXPECT_THAT(refused(more, config_of(Kind::kPlain)), HasSubstr("adapter"));
  auto relu = config_of(Kind::kPlain);
  relu["hidden_act"] = "relu";
  EXPECT_THAT(refused(written(Kind::kPlain), relu), HasSubstr("hidden_act \"relu\""));
  auto oblong = config_of(Kind::kPlain);
  oblong["patch_size"] = {7, 14};
  EXPECT_THAT(refused(written(Kind::kPlain), oblong), HasSubstr("'patch_size' is [7,14]"));
  relu["hidden_act"] = 3;
  EXPECT_THAT(refused(written(Kind::kPlain), relu), HasSubstr("hidden_act 3"));
  auto input = config_of(Kind::kPlain);
  input["image_input"] = "image_legacy";
  EXPECT_THAT(refused(written(Kind::kPlain), input), HasSubstr("'image_input' is no table"));
  auto uneven = written(Kind::kPlain);
  uneven["encoder.layer.1.attention.attention.key.weight"] = at::zeros({});
  EXPECT_THAT(refused(uneven, config_of(Kind::kPlain)), HasSubstr("are not of one shape"));
  auto twice = written(Kind::kPlain);
  twice["encoder.layer.0.ls1.gamma"] = at::zeros({kWidth});
  EXPECT_THAT(refused(twice, config_of(Kind::kPlain)), HasSubstr("both mean 'blocks.0.ls1.gamma'"));
  auto other = config_of(Kind::kPlain);
  other["num_hidden_layers"] = 3;
  EXPECT_NE(refused(written(Kind::kPlain), other), "");
  other["model_type"] = "dinov3_vit";
  EXPECT_THAT(refused(written(Kind::kPlain), other), HasSubstr("of type \"dinov3_vit\""));
  EXPECT_THAT(refused({{"conv.weight", at::zeros({2})}}, config_of(Kind::kPlain)), HasSubstr("Hugging Face"));
}

}  // namespace
}  // namespace asterism::models
