#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/contrastive.h"
#include "tiny_backbones.h"

namespace asterism::models {
namespace {

at::Tensor own_vectors(const Contrastive& model, const modalities::Batch& batch, const std::string& given) {
  EmbedRequest request;
  request.given = {given};
  return model.embed(batch, request).vectors_ND;
}

TEST(Contrastive, WhatABackboneKnowsStandsBesideTheCommonSpace) {
  const base::TemporaryFolder folder;
  const tiny::BackboneFolders at(folder.path());
  auto settings = tiny::aligned_model(at.images, at.spectra);
  auto batch = tiny::sky(4);
  tiny::remove(batch, "spectrum_desi", 2);
  Contrastive plain(settings);
  plain.fit(batch);
  settings.own_weight = 0.5;
  Contrastive with(settings);
  with.fit(batch);
  const int64_t common = plain.width();
  ASSERT_EQ(with.width(), common + 16 + 16);
  const auto image = own_vectors(with, batch, "image_legacy"), spectrum = own_vectors(with, batch, "spectrum_desi");
  // The first numbers are the common space, to a factor.
  const double factor = 1 / std::sqrt(1 + 0.25);
  EXPECT_TRUE(at::allclose(image.slice(1, 0, common), factor * own_vectors(plain, batch, "image_legacy"), 1e-4, 1e-5));
  // Then each backbone's mean token, in places of its own.
  EXPECT_EQ(image.slice(1, common + 16).abs().sum().item<float>(), 0);
  EXPECT_EQ(spectrum.slice(1, common, common + 16).abs().sum().item<float>(), 0);
  const auto mean = own_vectors(with, batch, "image_legacy").slice(1, common, common + 16);
  const auto alone = MaskedImage::load(at.images)->embed(batch, {}).vectors_ND;
  EXPECT_TRUE(at::allclose(mean / at::linalg_vector_norm(mean, 2, {-1}, true),
                           alone / at::linalg_vector_norm(alone, 2, {-1}, true), 1e-4, 1e-5));
  // Between modalities cosines are those of the common space, to a factor; an absent one stays absent.
  const auto cosine = image.mm(spectrum.t());
  const auto before = own_vectors(plain, batch, "image_legacy").mm(own_vectors(plain, batch, "spectrum_desi").t());
  EXPECT_TRUE(at::allclose(cosine, before / 1.25, 1e-4, 1e-5));
  EXPECT_EQ(spectrum[2].abs().sum().item<float>(), 0);
  EXPECT_TRUE(at::allclose(at::linalg_vector_norm(image, 2, {-1}), at::ones({4}), 1e-4, 1e-5));
  const auto all = with.embed(batch, {}).vectors_ND;  // an object without a spectrum has none of its places
  EXPECT_EQ(all[2].slice(0, common + 16).abs().sum().item<float>(), 0);
  EXPECT_GT(all[1].slice(0, common + 16).abs().sum().item<float>(), 0);
  with.save(folder / "saved");
  EXPECT_TRUE(at::allclose(own_vectors(*Contrastive::load(folder / "saved"), batch, "image_legacy"), image));
}

TEST(Contrastive, WithoutABackboneThereIsNothingToKeep) {
  auto settings = tiny::contrastive_model();
  settings.own_weight = 1;
  try {
    const Contrastive model(settings);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("own_weight has no effect"));
  }
}

}  // namespace
}  // namespace asterism::models
