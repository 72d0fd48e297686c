#include "models/dino.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../nn/gradient_check.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "nn/nothing_to_learn.h"
#include "nn/optim.h"
#include "tiny_backbones.h"

namespace asterism::models {
namespace {

modalities::ImageBlock& dino_images(modalities::Batch& batch) {
  return std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
}

void expect_finite_step(Dino& model, const modalities::Batch& batch, const DrawKey& key) {
  model.parameters().zero_grad();
  const auto outcome = model.loss(batch, key, 0.5);
  outcome.loss.backward();
  EXPECT_TRUE(at::isfinite(outcome.loss).item<bool>());
  for (const auto& [name, value] : outcome.figures) EXPECT_TRUE(at::isfinite(value).item<bool>()) << name;
  for (const auto& [name, tensor] : model.parameters().parameters())
    if (tensor.grad().defined()) {
      EXPECT_TRUE(at::isfinite(tensor.grad()).all().item<bool>()) << name;
    }
  model.after_update(0.5);
  for (const auto& [name, tensor] : model.parameters().all())
    EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << name;
}

TEST(Dino, TheTeacherIsTheAverageOfTheStudent) {
  Dino model(tiny::dino_model());
  for (const auto& [name, tensor] : model.encoder_weights("student"))
    EXPECT_TRUE(at::equal(tensor, model.encoder_weights("teacher").at(name))) << name << ": they begin alike";
  const auto batch = tiny::sky(4);
  nn::AdamW optimiser(model.parameters(), {});
  for (int64_t step = 0; step < 3; ++step) {
    const double progress = double(step) / 3, m = momentum(model.settings(), progress);
    std::map<std::string, at::Tensor> before;
    for (const auto& [name, tensor] : model.parameters().all()) before[name] = tensor.detach().clone();
    model.parameters().zero_grad();
    model.loss(batch, {1, step, true}, progress).loss.backward();
    optimiser.step(1e-2);
    model.after_update(progress);
    const auto now = model.parameters().all();
    int64_t counted = 0;
    for (const auto& [name, tensor] : now) {
      if (!name.starts_with("teacher.")) continue;
      const auto student = now.at("student." + name.substr(8)).detach();
      EXPECT_TRUE(at::allclose(tensor, m * before.at(name) + (1 - m) * student, 1e-5, 1e-7)) << name;
      EXPECT_FALSE(tensor.requires_grad()) << name;
      ++counted;
    }
    EXPECT_GT(counted, 30) << "heads too";
  }
  for (const char* centre : {"centre.dino", "centre.ibot"})
    EXPECT_GT(model.parameters().buffers().at(centre).abs().max().item<float>(), 0) << centre;
}

TEST(Dino, CentresFollowTheMeanOfTheTeachersAnswers) {
  auto settings = tiny::dino_model();
  settings.centre_momentum = 0.75;
  Dino model(settings);
  const auto batch = tiny::sky(3);
  (void)model.loss(batch, {1, 0, true}, 0);
  model.after_update(0);
  const auto once = model.parameters().buffers().at("centre.dino").clone();
  (void)model.loss(batch, {1, 0, true}, 0);
  model.after_update(0);
  EXPECT_TRUE(at::allclose(model.parameters().buffers().at("centre.dino"), 1.75 * once, 1e-4, 1e-6))
      << "c (1 - m) after one step, and m of it more after two: the teacher has not moved";
  model.after_update(0);
  EXPECT_TRUE(at::allclose(model.parameters().buffers().at("centre.dino"), 1.75 * once, 1e-4, 1e-6))
      << "no batch, no move";
}

TEST(Dino, GradientsAgreeWithFiniteDifferences) {
  for (const char* centring : {"centre", "sinkhorn"}) {
    auto s = tiny::dino_model();
    s.centring = centring;
    s.encoder.layers = 1;
    s.shared_head = false;
    s.hidden_probability = 1;
    Dino model(s, Dino::Learns::student, at::kDouble);
    asterism::test::shake(model.parameters(), 0.05);
    const auto batch = tiny::sky(3);
    std::vector<std::pair<std::string, at::Tensor>> some;
    for (const char* name : {"backbone.patch_embed.pixels.weight", "backbone.blocks.0.attn.qkv.weight",
                             "backbone.cls_token", "backbone.pos_embed", "backbone.mask_token",
                             "dino_head.mlp.2.weight", "ibot_head.last_layer.weight_v", "backbone.norm.weight"})
      some.emplace_back(name, model.parameters().parameters().at(std::string("student.") + name));
    asterism::test::expect_gradients([&] { return model.loss(batch, {1, 1, true}).loss; }, some, 3, 1e-5, 1e-5);
  }
}

TEST(Dino, NothingBreaksIt) {
  for (const char* centring : {"centre", "sinkhorn"}) {
    auto s = tiny::dino_model();
    s.centring = centring;
    s.encoder.drop_path = 0.3;
    Dino model(s);
    for (int64_t epoch = 0; epoch < 3; ++epoch) {
      expect_finite_step(model, tiny::sky(1), {1, epoch, true});  // a batch of one
      auto same = tiny::sky(4);                                   // identical objects
      for (auto& object : same.objects) object = same.objects[0];
      same.blocks["image_legacy"] = modalities::select(same.blocks.at("image_legacy"), {0, 0, 0, 0});
      expect_finite_step(model, same, {1, epoch, true});
      auto flat = tiny::sky(3);  // constant, and one wholly masked
      std::fill(dino_images(flat).flux.begin(), dino_images(flat).flux.end(), 1.0f);
      for (size_t k = 0; k < 768; ++k)
        dino_images(flat).flux[k] = dino_images(flat).ivar[k] = 0, dino_images(flat).mask[k] = 1;
      expect_finite_step(model, flat, {1, epoch, true});
      tiny::remove(flat, "image_legacy", 1);
      tiny::remove(flat, "image_legacy", 2);
      EXPECT_THROW(model.loss(flat, {1, epoch, true}), nn::NothingToLearn);
      tiny::remove(flat, "image_legacy", 0);
      EXPECT_THROW(model.loss(flat, {1, epoch, true}), nn::NothingToLearn);
    }
  }
}

TEST(Dino, VectorsAreThoseThatWereAskedFor) {
  auto s = tiny::dino_model();
  auto batch = tiny::sky(3);
  tiny::remove(batch, "image_legacy", 1);
  const auto vectors_of = [&](const char* kind, const char* weights) {
    s.vectors = kind;
    s.weights = weights;
    Dino model(s);
    model.encoder_weights("student").at("norm.weight").detach().mul_(2);
    model.encoder_weights("student").at("norm.bias").detach().mul_(2);
    const auto out = model.embed(batch, {});
    EXPECT_EQ(out.vectors_ND.size(1), model.width());
    EXPECT_EQ(out.vectors_ND[1].abs().max().item<float>(), 0);
    return out.vectors_ND;
  };
  const auto both = vectors_of("both", "teacher"), cls = vectors_of("cls", "teacher"),
             patches = vectors_of("patches", "teacher");
  EXPECT_TRUE(at::allclose(both, at::cat({cls, patches}, 1)));
  EXPECT_FALSE(at::allclose(cls, patches));
  EXPECT_TRUE(at::allclose(vectors_of("both", "student"), 2 * both, 1e-4, 1e-5));
  EmbedRequest request;
  request.layer = 0;
  const Dino model(s);
  EXPECT_FALSE(at::allclose(model.embed(batch, request).vectors_ND, model.embed(batch, {}).vectors_ND));
  request = {};
  request.normalise = true;
  EXPECT_NEAR(model.embed(batch, request).vectors_ND[0].norm().item<double>(), 1, 1e-5);
}

TEST(Dino, ReadsSeveralKindsOfImages) {
  auto s = tiny::dino_model();
  s.modalities = {"image_legacy", "rgb_image"};
  s.encoder.input = "picture";
  auto batch = tiny::sky(3);
  auto pictures = tiny::image(3);
  pictures.unit = "display";
  pictures.bands = {{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}};
  pictures.has_ivar = false;
  std::fill(pictures.ivar.begin(), pictures.ivar.end(), 1.0f);
  std::fill(pictures.flux.begin(), pictures.flux.end(), 0.4f);
  batch.blocks["rgb_image"] = pictures;
  tiny::remove(batch, "image_legacy", 0);
  tiny::remove(batch, "rgb_image", 1);
  Dino model(s);
  model.check_data(batch);
  EXPECT_EQ(model.loss(batch, {1, 0, true}).weight, 4) << "four images of three objects";
  expect_finite_step(model, batch, {1, 0, true});
  const auto all = model.embed(batch, {});
  EXPECT_TRUE(all.present_N.all().item<bool>());
  EmbedRequest request;
  request.given = {"rgb_image"};
  EXPECT_FALSE(model.embed(batch, request).present_N[1].item<bool>());
  request.given = {"image_legacy"};
  const auto flux = model.embed(batch, request).vectors_ND;
  request.given = {"rgb_image"};
  const auto eye = model.embed(batch, request).vectors_ND;
  EXPECT_TRUE(at::allclose(all.vectors_ND[2], (flux[2] + eye[2]) / 2, 1e-4, 1e-5)) << "of both, the mean";
  EXPECT_TRUE(at::allclose(all.vectors_ND[0], eye[0], 1e-4, 1e-5));
  const auto rows = model.token_rows(batch, {});
  ASSERT_EQ(rows.objects.length(2), 2 * 17);
  const auto last = int64_t(rows.modality_R.size()) - 1;
  EXPECT_EQ(rows.names.at(size_t(rows.modality_R[size_t(last - 33)])), "image_legacy");
  EXPECT_EQ(rows.names.at(size_t(rows.modality_R[size_t(last)])), "rgb_image");
}

// The vector of the CLS token, whatever the model's own vectors are; and of which kind of image each token is.
TEST(Dino, ClsAndTokensAreAskedForByName) {
  auto settings = tiny::dino_model();
  settings.vectors = "cls";
  const Dino of_cls(settings);
  auto batch = tiny::sky(4);
  tiny::remove(batch, "image_legacy", 1);
  for (const char* vectors : {"patches", "both"}) {
    settings.vectors = vectors;
    const Dino model(settings);
    const auto out = model.pooled(batch, {}, "cls");
    EXPECT_TRUE(at::allclose(out.vectors_ND, of_cls.embed(batch, {}).vectors_ND, 1e-4, 1e-5)) << vectors;
    EXPECT_TRUE(at::equal(out.present_N, at::tensor({1, 0, 1, 1}).to(at::kBool)));
    EXPECT_EQ(out.vectors_ND.size(1), model.pools().at("cls"));
  }
  const auto rows = of_cls.token_rows(batch, {});
  EXPECT_EQ(rows.names, std::vector<std::string>{"image_legacy"});
  EXPECT_EQ(rows.modality_R, std::vector<int32_t>(size_t(rows.rows_RD.size(0)), 0));
  try {
    of_cls.pooled(batch, {}, "attentive");
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("it offers 'mean', 'cls' and 'tokens'"));
  }
}

TEST(Dino, RatesFollowTheBlocksAndTheLastLayerRestsAtFirst) {
  const Dino model(tiny::dino_model());
  EXPECT_EQ(model.rate_factor("student.dino_head.last_layer.weight_v", 0), 0);
  EXPECT_EQ(model.rate_factor("student.dino_head.last_layer.weight_v", 0.006), 1);
  EXPECT_EQ(model.rate_factor("student.dino_head.mlp.0.weight", 0), 1);
  EXPECT_DOUBLE_EQ(model.rate_factor("student.backbone.norm.weight", 0), 1);
  EXPECT_DOUBLE_EQ(model.rate_factor("student.backbone.blocks.1.norm1.weight", 0), 0.9);
  EXPECT_DOUBLE_EQ(model.rate_factor("student.backbone.blocks.0.norm1.weight", 0), 0.81);
  EXPECT_DOUBLE_EQ(model.rate_factor("student.backbone.mask_token", 0), 0.9 * 0.81);
  EXPECT_DOUBLE_EQ(model.rate_factor("student.backbone.patch_embed.pixels.weight", 0), 0.2 * 0.9 * 0.81);
}

TEST(Dino, AFinishedModelLearnsInTheNetworkThatGivesItsVectors) {
  const base::TemporaryFolder folder;
  Dino(tiny::dino_model()).save(folder / "model");
  const auto model = Dino::load(folder / "model");
  EXPECT_TRUE(model->parameters().parameters().contains("teacher.backbone.cls_token"));
  EXPECT_TRUE(model->parameters().buffers().contains("student.backbone.cls_token"));
  const auto before = model->encoder_weights("teacher").at("cls_token").clone();
  model->forget(77);
  EXPECT_FALSE(at::equal(before, model->encoder_weights("teacher").at("cls_token")));
  auto other = tiny::dino_model();
  other.seed = 77;
  EXPECT_TRUE(at::equal(model->encoder_weights("teacher").at("cls_token"),
                        Dino(other).encoder_weights("teacher").at("cls_token")));
}

TEST(Dino, SaysWhatItCannotDo) {
  const Dino model(tiny::dino_model());
  EXPECT_THROW(model.check_data(tiny::scalars(2)), base::UserError);
  auto batch = tiny::sky(2);
  batch.blocks["image_legacy"] = batch.blocks.at("spectrum_desi");
  try {
    model.check_data(batch);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'image_legacy' is no image"));
  }
  Dino learner(tiny::dino_model());
  EXPECT_THROW(learner.loss(batch, {1, 0, true}), base::UserError);
  EmbedRequest request;
  request.rings = 2;
  EXPECT_THROW(model.embed(tiny::sky(2), request), base::UserError);
  EXPECT_THROW(model.token_rows(tiny::sky(2), request), base::UserError);
  request = {};
  request.layer = 2;
  EXPECT_THROW(model.embed(tiny::sky(2), request), base::UserError);
}

}  // namespace
}  // namespace asterism::models
