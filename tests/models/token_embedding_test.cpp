#include "models/token_embedding.h"

#include <gtest/gtest.h>

#include "models/wrap.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

TEST(TokenEmbedding, GridsOfTheCodecs) {
  const auto batch = tiny::sky(6);
  const auto codecs = tiny::codecs(batch);
  const auto image = token_grid(*codecs.at("image_legacy"), "image"),
             spectrum = token_grid(*codecs.at("spectrum_desi"), "spectrum");
  EXPECT_EQ(image.special, 0);
  EXPECT_EQ(image.rows, image.columns);
  EXPECT_EQ(image.positions(), codecs.at("image_legacy")->num_tokens());
  EXPECT_EQ(spectrum.special, 1);
  EXPECT_EQ(spectrum.positions(), codecs.at("spectrum_desi")->num_tokens());
}

TEST(TokenEmbedding, TheSameCodeAtTheSamePlaceIsTheSameVector) {
  const auto batch = tiny::sky(6);
  const auto codecs = tiny::codecs(batch);
  nn::Parameters parameters;
  const TokenEmbedding embedding(nn::Scope(parameters, 1), codecs.at("image_legacy"),
                                 token_grid(*codecs.at("image_legacy"), "image"), 8);
  auto view = embedding.view(batch.blocks.at("image_legacy"));
  auto& ids = view.tensors.at("ids");
  ids[0][3] = ids[1][3] = ids[1][4] = 2;
  const auto x = embedding.embed(view, copied({0, 1, 1}), copied({3, 3, 4}));
  EXPECT_TRUE(at::equal(x[0], x[1]));
  EXPECT_FALSE(at::allclose(x[1], x[2]));
}

}  // namespace
}  // namespace asterism::models
