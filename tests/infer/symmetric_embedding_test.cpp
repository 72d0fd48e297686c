#include "infer/symmetric_embedding.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "modalities/image_symmetry.h"
#include "modalities/scalar.h"
#include "models/any_to_any.h"

namespace asterism::infer {
namespace {

modalities::Batch noise(int64_t height, int64_t width) {
  base::Random random(1, 0, 0, "noise");
  auto images =
      modalities::make_images(3, {{"g", 4800, 1400}, {"r", 6400, 1400}}, height, width, "nanomaggy", 0.262, true);
  for (auto& v : images.flux) v = float(random.normal());
  std::fill(images.ivar.begin(), images.ivar.end(), 1.0F);
  std::fill(images.mask.begin(), images.mask.end(), uint8_t{0});
  std::fill(images.present.begin(), images.present.end(), uint8_t{1});
  modalities::Batch batch;
  for (int i = 0; i < 3; ++i) batch.objects.push_back({.survey = "test", .id = std::to_string(i)});
  batch.blocks["image_legacy"] = images;
  return batch;
}

models::AnyToAny image_model(const modalities::Batch& batch, int64_t size) {
  models::AnyToAnySettings settings;
  settings.width = 16;
  settings.heads = 2;
  settings.encoder_layers = settings.decoder_layers = 1;
  auto& image = settings.modalities["image_legacy"];
  image.kind = "image";
  image.patch = 4;
  image.size = size;
  image.target = false;
  settings.modalities["redshift"].input = "none";
  settings.modalities["redshift"].bins = 4;
  auto redshift = modalities::make_scalars(3, "", false);
  for (size_t i = 0; i < 3; ++i) {
    redshift.present[i] = 1;
    redshift.value[i] = 0.1 * double(i);
  }
  auto sample = batch;
  sample.blocks["redshift"] = redshift;
  models::AnyToAny model(settings);
  model.fit(sample);
  return model;
}

TEST(SymmetricEmbedding, TurnedObjectsHaveTheSameVector) {
  const auto batch = noise(8, 8);
  const auto model = image_model(batch, 8);
  auto turned = batch;
  for (int64_t i = 0; i < 3; ++i)
    modalities::turn(std::get<modalities::ImageBlock>(turned.blocks["image_legacy"]), i, 6);
  const auto plain = model.embed(batch, {}).vectors_ND, plain_turned = model.embed(turned, {}).vectors_ND;
  EXPECT_FALSE(at::allclose(plain, plain_turned, 1e-2, 1e-3));
  for (const bool normalise : {false, true}) {
    models::EmbedRequest request;
    request.normalise = normalise;
    request.rings = normalise ? 2 : 0;
    const auto a = symmetric_embedding(model, batch, request), b = symmetric_embedding(model, turned, request);
    EXPECT_TRUE(at::allclose(a.vectors_ND, b.vectors_ND, 1e-4, 1e-5));
    EXPECT_TRUE(a.present_N.all().item<bool>());
    EXPECT_EQ(a.vectors_ND.size(1), model.vector_width(request));
    if (normalise) {
      EXPECT_NEAR(a.vectors_ND[1].norm().item<float>(), 1, 1e-5);
    }
  }
}

TEST(SymmetricEmbedding, WithoutImagesItIsTheModelsOwn) {
  auto batch = noise(8, 8);
  const auto model = image_model(batch, 8);
  batch.blocks.clear();
  EXPECT_TRUE(at::equal(symmetric_embedding(model, batch, {}).vectors_ND, model.embed(batch, {}).vectors_ND));
}

TEST(SymmetricEmbedding, ImagesAndPicturesCanBeTurned) {
  data::Layout layout;
  for (const char* kind : {"image", "picture", "spectrum"}) {
    data::ModalityColumn one;
    one.modality = std::string("a_") + kind;
    one.kind = kind;
    layout.modalities.push_back(one);
  }
  EXPECT_TRUE(any_can_be_turned(layout, {"a_spectrum", "a_image"}));
  EXPECT_TRUE(any_can_be_turned(layout, {"a_picture"}));
  EXPECT_FALSE(any_can_be_turned(layout, {"a_spectrum"}));
}

}  // namespace
}  // namespace asterism::infer
