#include "tokenizers/aion/segmentation_map.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "modalities/map.h"

namespace asterism::tokenizers::aion {
namespace {

SegmentationMapSettings small_map() {
  SegmentationMapSettings s;
  s.encoder_output_dim = 16;
  s.embedding_dim = 2;
  s.levels = {8, 5};
  s.res_hidden_dims = 4;
  s.num_res_layers = 1;
  s.ema_model_weights = true;
  return s;
}

TEST(AionSegmentationMap, ThereAndBack) {
  at::NoGradGuard no_grad;
  const AionSegmentationMap codec(small_map(), 3);
  const auto ids = codec.ids(codec.latent(at::rand({2, 100, 96})));
  EXPECT_EQ(ids.sizes(), at::IntArrayRef({2, 144}));
  EXPECT_EQ(codec.grid() * codec.grid(), 144);
  EXPECT_LT(ids.max().item<int64_t>(), codec.vocabulary());
  const auto back = codec.decode(ids);
  EXPECT_EQ(back.sizes(), at::IntArrayRef({2, 96, 96}));
  EXPECT_TRUE(at::logical_and(back >= 0, back <= 1).all().item<bool>());
  EXPECT_EQ(codec.latent(at::rand({1, 1, 60, 60})).size(2), 12);  // padded
}

TEST(AionSegmentationMap, TheAveragedCopyIsKeptAndNotUsed) {
  at::NoGradGuard no_grad;
  const base::TemporaryFolder folder;
  AionSegmentationMap codec(small_map(), 3);
  codec.save(folder / "a");
  auto found = read_published(folder / "a");
  EXPECT_EQ(found.kind, kSegmentationMapKind);
  EXPECT_EQ(found.extras.size(), found.weights.size());
  for (auto& [name, tensor] : found.extras)
    if (tensor.is_floating_point()) tensor = tensor + 1;
  const AionSegmentationMap loaded(found);
  const auto field = at::rand({1, 96, 96});
  EXPECT_TRUE(at::equal(loaded.latent(field), codec.latent(field)));
  loaded.save(folder / "b");
  const auto again = read_published(folder / "b");
  const std::string name = "ema.module.encode_proj.weight";
  EXPECT_TRUE(at::equal(again.extras.at(name), found.extras.at(name)));
}

TEST(AionSegmentationMap, RefusesWhatCannotBe) {
  auto settings = small_map();
  settings.variational = true;
  EXPECT_THROW(AionSegmentationMap{settings}, base::UserError);
  settings = small_map();
  settings.embedding_dim = 3;
  EXPECT_THROW(AionSegmentationMap{settings}, base::UserError);
  EXPECT_THROW(AionSegmentationMap(small_map()).latent(at::zeros({96, 96})), base::UserError);
}

TEST(AionSegmentationMap, LabelsAreSharesOfOne) {
  const AionSegmentationMap codec(small_map(), 3);
  auto labels = modalities::make_maps(2, {{"source", ""}}, 96, 96, 0.2, true, false);
  labels.present = {1, 1};
  labels.mask.assign(labels.mask.size(), 0);
  labels.ivar.assign(labels.ivar.size(), 1);
  auto shares = labels;
  shares.integer = false;
  for (size_t i = 96 * 40; i < 96 * 60; ++i) {
    labels.value[i] = float(1 + i % 7);
    shares.value[i] = 1;
  }
  EXPECT_TRUE(at::equal(codec.encode(labels).ids, codec.encode(shares).ids));
  EXPECT_FALSE(at::equal(codec.encode(labels).ids[0], codec.encode(labels).ids[1]));
  shares.value[3] = 1.5;
  EXPECT_THROW(codec.encode(shares), base::UserError);
  shares.value[3] = 0;
  shares.layers.push_back({"another", ""});
  EXPECT_THROW(codec.encode(shares), base::UserError);
}

TEST(AionSegmentationMap, GoodPixelsBeyondTheCropAreNone) {
  AionSegmentationMap codec(small_map(), 3);
  auto maps = modalities::make_maps(2, {{"share", ""}}, 100, 96, 0.2, false, false);
  maps.present = {1, 1};
  maps.mask.assign(maps.mask.size(), 1);
  maps.mask[5] = maps.mask[9600 + 5 * 96] = 0;  // in the first row, and in the sixth
  const auto tokens = codec.encode(maps);
  EXPECT_FALSE(tokens.present[0].item<bool>());
  EXPECT_TRUE(tokens.present[1].item<bool>());
  EXPECT_EQ(codec.loss(maps).weight, 1);
}

}  // namespace
}  // namespace asterism::tokenizers::aion
