#include "models/value_embedding_image.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/wrap.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

modalities::ImageBlock& embedded_images(modalities::Batch& batch) {
  return std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
}

struct ImageEmbeddingFixture {
  ImageEmbeddingFixture() : embedding(nn::Scope(parameters, 1), "image_legacy", 4, 0, {"des-g"}, 8) {}
  at::Tensor embed(const std::vector<int64_t>& objects, const std::vector<int64_t>& positions) {
    return embedding.embed(embedding.view(batch.blocks.at("image_legacy")), copied(objects), copied(positions));
  }
  nn::Parameters parameters;
  ValueEmbeddingImage embedding;
  modalities::Batch batch = tiny::sky(4);
};

TEST(ValueEmbeddingImage, APatchSeesItsPixelsAlone) {
  ImageEmbeddingFixture f;
  const auto before = f.embed({1, 1, 2}, {5, 6, 5});
  embedded_images(f.batch).flux[size_t(((1 * 3 + 2) * 16 + 4) * 16 + 7)] += 3;  // row 4, column 7: patch 4 + 1
  const auto after = f.embed({1, 1, 2}, {5, 6, 5});
  EXPECT_FALSE(at::allclose(before[0], after[0]));
  EXPECT_TRUE(at::equal(before[1], after[1]));
  EXPECT_TRUE(at::equal(before[2], after[2]));
}

TEST(ValueEmbeddingImage, PatchesWithoutTheirPlaceAreAlikeWhereverTheyLie) {
  ImageEmbeddingFixture f;
  const auto view = f.embedding.view(f.batch.blocks.at("image_legacy"));
  const auto object = copied({1, 2}), position = copied({5, 6});
  const auto placed = f.embedding.embed(view, object, position), bare = f.embedding.patches(view, object, position);
  EXPECT_TRUE(at::allclose(placed - f.embedding.place(view, position), bare - f.parameters.parameters().at("modality"),
                           1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(placed, bare));
}

TEST(ValueEmbeddingImage, MaskedPixelsHaveNoInfluence) {
  ImageEmbeddingFixture f;
  auto& image = embedded_images(f.batch);
  const auto pixel = size_t(((0 * 3 + 1) * 16 + 0) * 16 + 0);
  image.mask[pixel] = 1;
  image.ivar[pixel] = 0;
  const auto before = f.embed({0}, {0});
  image.flux[pixel] = 1e30f;
  EXPECT_TRUE(at::equal(before, f.embed({0}, {0})));
}

TEST(ValueEmbeddingImage, BandsAreToldApart) {
  ImageEmbeddingFixture f;
  const auto before = f.embed({0}, {5});
  auto& image = embedded_images(f.batch);
  std::swap_ranges(image.flux.begin(), image.flux.begin() + 256, image.flux.begin() + 512);  // g and z of object 0
  EXPECT_FALSE(at::allclose(before, f.embed({0}, {5}), 1e-3, 1e-3));
}

TEST(ValueEmbeddingImage, AFilterNeverSeenIsReadByItsWavelength) {
  ImageEmbeddingFixture f;
  const auto before = f.embed({0}, {5});
  embedded_images(f.batch).bands[1] = {"new-filter", 6400, 1500};  // as des-r, which has no embedding of its own here
  EXPECT_TRUE(at::equal(before, f.embed({0}, {5})));
  embedded_images(f.batch).bands[1].wavelength_angstrom = 7500;
  EXPECT_FALSE(at::allclose(before, f.embed({0}, {5})));
}

TEST(ValueEmbeddingImage, OnlyPatchesWithAGoodPixelCanBeGiven) {
  ImageEmbeddingFixture f;
  auto& image = embedded_images(f.batch);
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t y = 0; y < 4; ++y)
      for (int64_t x = 0; x < 4; ++x) image.ivar[size_t((c * 16 + y) * 16 + x)] = 0;
  tiny::remove(f.batch, "image_legacy", 2);
  const auto view = f.embedding.view(f.batch.blocks.at("image_legacy"));
  EXPECT_EQ(view.grid.positions(), 16);
  EXPECT_EQ(view.usable_NP[0], 0);
  EXPECT_EQ(view.usable_NP[1], 1);
  for (size_t p = 0; p < 16; ++p) EXPECT_EQ(view.usable_NP[2 * 16 + p], 0);
}

TEST(ValueEmbeddingImage, SumsOfLightGoInBesidePixels) {
  const at::NoGradGuard no_grad;
  nn::Parameters plain_parameters, parameters;
  const ValueEmbeddingImage plain(nn::Scope(plain_parameters, 1), "image_legacy", 4, 0, {"des-g"}, 8),
      summed(nn::Scope(parameters, 1), "image_legacy", 4, 0, {"des-g"}, 8, true);
  EXPECT_FALSE(plain_parameters.parameters().contains("sums.weight")) << "folders of before load as they are";
  auto batch = tiny::sky(2);
  const auto row = [&](const ValueEmbeddingImage& of) {
    return of.embed(of.view(batch.blocks.at("image_legacy")), copied({0}), copied({5}));
  };
  const auto before = row(summed);
  parameters.parameters().at("pixels.weight").zero_();
  EXPECT_FALSE(at::allclose(before, row(summed))) << "pixels go in";
  const auto dark = row(summed);
  auto& image = embedded_images(batch);
  image.mask[size_t((0 * 16 + 4) * 16 + 4)] = 1;  // of patch 5, whose first pixel is (4, 4)
  image.flux[size_t((0 * 16 + 4) * 16 + 4)] = 1e30F;
  const auto masked = row(summed);
  EXPECT_TRUE(masked.isfinite().all().item<bool>());
  image.flux[size_t((0 * 16 + 4) * 16 + 4)] = -3;
  EXPECT_TRUE(at::equal(masked, row(summed))) << "masked pixels have no influence";
  for (float& flux : image.flux) flux += 0.01F;
  EXPECT_FALSE(at::allclose(masked, row(summed))) << "sums alone tell it";
  EXPECT_FALSE(at::allclose(dark, masked)) << "that a pixel is missing is told";
  EXPECT_THROW(ValueEmbeddingImage(nn::Scope(plain_parameters, 1) / "one", "image_legacy", 1, 0, {}, 8, true),
               base::UserError);
}

TEST(ValueEmbeddingImage, RefusesWhatItCannotRead) {
  ImageEmbeddingFixture f;
  EXPECT_THROW(f.embedding.view(f.batch.blocks.at("flux_g")), base::UserError);
  EXPECT_THROW(f.embedding.view(modalities::make_images(1, {{"g", 0, 0}}, 3, 16, "counts", 0, false)), base::UserError);
}

}  // namespace
}  // namespace asterism::models
