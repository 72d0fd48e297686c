#include "models/patch_encoder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/adapted.h"
#include "tiny_backbones.h"

namespace asterism::models {
namespace {

using Patches = PatchEncoder::Patches;

Patches patches_of(const Model& model, const modalities::Batch& batch) {
  const auto encoder = model.patch_encoder("image_legacy");
  EXPECT_TRUE(encoder);
  return (*encoder)(std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy")), {0, 0, tiny::kSide, tiny::kSide},
                    {-1, true, false});
}

TEST(PatchEncoder, ModelsOfImagesHaveOneAndOthersNone) {
  const base::TemporaryFolder folder;
  const tiny::BackboneFolders folders(folder.path());
  for (const auto& where : {folders.pair, folders.images, folders.contrastive, folders.views, folders.vision}) {
    const auto model = load_model(where);
    EXPECT_TRUE(model->patch_encoder("image_legacy")) << where;
    EXPECT_FALSE(model->patch_encoder("spectrum_desi")) << where;
    EXPECT_FALSE(model->patch_encoder("image_hsc")) << where;
  }
  EXPECT_FALSE(load_model(folders.spectra)->patch_encoder("spectrum_desi"));
  EXPECT_FALSE(AnyToAny(tiny::sky_model(), tiny::codecs(tiny::sky(4))).patch_encoder("image_legacy"));
}

TEST(PatchEncoder, ATowerGivesThoseOfItsEncoder) {
  const base::TemporaryFolder folder;
  const tiny::BackboneFolders folders(folder.path());
  const auto batch = tiny::sky(3);
  for (const auto& where : {folders.pair, folders.images, folders.views, folders.vision}) {
    const auto own = patches_of(*load_model(where), batch);
    const Contrastive model(tiny::aligned_model(where, folders.spectra));
    const auto tower = patches_of(model, batch);
    EXPECT_TRUE(at::allclose(tower.features_NhwD, own.features_NhwD, 1e-4, 1e-5)) << where;
    ASSERT_EQ(tower.attention_NHhw.defined(), own.attention_NHhw.defined()) << where;
    if (own.attention_NHhw.defined()) {
      EXPECT_TRUE(at::allclose(tower.attention_NHhw, own.attention_NHhw, 1e-4, 1e-6)) << where;
    }
  }
}

TEST(PatchEncoder, AnAdaptedModelGivesThoseOfItsBackbone) {
  AdaptedSettings settings;
  settings.backbone = "given";
  settings.adapt = "linear";
  settings.target = "redshift";
  settings.bins = 8;
  auto views = std::make_unique<Dino>(tiny::dino_model());
  const auto batch = tiny::sky(3);
  const auto own = patches_of(*views, batch);
  Adapted model(settings, std::move(views));
  model.fit(tiny::sky(12));
  EXPECT_TRUE(at::equal(patches_of(model, batch).features_NhwD, own.features_NhwD));
}

TEST(PatchEncoder, RowsAreLaidOutWhereTheyBelong) {
  const auto rows = at::tensor({1.0, 2.0, 3.0, 4.0}).view({2, 2});
  const auto out = laid_out(rows, {2, 0}, 4);
  EXPECT_TRUE(at::equal(out, at::tensor({3.0f, 4.0f, 0.0f, 0.0f, 1.0f, 2.0f, 0.0f, 0.0f}).view({4, 2})));
  EXPECT_TRUE(at::equal(laid_out(rows.narrow(0, 0, 0), {}, 3), at::zeros({3, 2})));
  EXPECT_TRUE(at::equal(marked({2, 0}, 4).to(at::kLong), at::tensor({1, 0, 1, 0}, at::kLong)));
  EXPECT_FALSE(marked({}, 2).any().item<bool>());
  EXPECT_THROW(check_block(3, 3), base::UserError);
  EXPECT_THROW(check_block(-2, 3), base::UserError);
  EXPECT_NO_THROW(check_block(-1, 3));
}

}  // namespace
}  // namespace asterism::models
